"""What the one-command run says once everything answers."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

CATEGORIES = ("functional", "analytics", "advertising")
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def welcome(demo: Mapping[str, Any], web_url: str, sandbox_url: str) -> str:
    """The block with every address, the sign-in and an event to send; `demo` is what seed_demo printed."""
    password = demo["admin_password"] or "(as you changed it)"
    lines = {
        "Admin": f"{web_url}/admin/",
        "E-mail": demo["admin_email"],
        "Password": password,
        "Sandbox": f"{sandbox_url}/",
        "Write key": f"{demo['write_key']} (server pipeline)",
        "Web key": f"{demo['web_write_key']} (web pipeline)",
    }
    table = "\n".join(f"  {name:<10} {value}" for name, value in lines.items())
    curl = curl_line(f"{web_url}/v1/track", demo["write_key"], order_completed(sandbox_url))
    return f"\ns2sadmin is running. Ctrl-C stops it.\n\n{table}\n\nSend an event:\n\n{curl}\n"


def curl_line(url: str, write_key: str, event: Mapping[str, Any]) -> str:
    body = json.dumps(event, separators=(",", ":"))
    words = ["curl", "-u", f"{write_key}:", "-H", "Content-Type: application/json", "-d", body, url]
    return shlex.join(words)


def order_completed(sandbox_url: str) -> dict[str, Any]:
    """A purchase by a visitor who came over a vendor's ad and agreed to everything."""
    return {
        "event": "Order Completed",
        "userId": "demo-user",
        "properties": {
            "order_id": "demo-1001",
            "revenue": 49.90,
            "currency": "USD",
            "products": [
                {"product_id": "sku-1", "sku": "sku-1", "name": "Desk lamp", "price": 24.95, "quantity": 2}
            ],
        },
        "context": {
            "consent": {"categoryPreferences": dict.fromkeys(CATEGORIES, True)},
            "ip": "203.0.113.7",
            "userAgent": USER_AGENT,
            "page": {
                "url": f"{sandbox_url}/shop/order?adct=demo-click&ps_xid=demo-xid",
                "path": "/shop/order",
                "search": "?adct=demo-click&ps_xid=demo-xid",
                "title": "Order",
            },
        },
    }
