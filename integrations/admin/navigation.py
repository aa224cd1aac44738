"""What unfold shows around every page: the menu, the environment's label, our stylesheet."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from accounts.admin.acting import may, principal
from integrations.services.switches import Switch, is_stopped, may_look

MENU: dict[str, list[tuple[str, str, str, str]]] = {
    "Pipelines": [
        ("Pipelines", "alt_route", "integrations_pipeline", "read:pipeline"),
        ("Destinations", "hub", "integrations_destination", "read:destination"),
        ("Write keys", "key", "integrations_writekey", "read:write_key"),
    ],
    "Tracking files": [
        ("Tracking files", "data_object", "integrations_trackingfile", "read:tracking_file"),
        ("Builds", "package_2", "integrations_filebuild", "read:tracking_file"),
        ("Uploads", "cloud_upload", "integrations_filedeployment", "read:tracking_file"),
    ],
    "Deliveries": [
        ("Events", "bolt", "integrations_event", "read:delivery"),
        ("Deliveries", "local_shipping", "integrations_deliveryrecord", "read:delivery"),
        ("Attempts", "http", "integrations_attempt", "read:delivery"),
        ("Replays", "replay", "integrations_replay", "read:delivery"),
    ],
    "Vendors": [
        ("Vendors", "storefront", "integrations_vendorrevision", "read:vendor"),
        ("Questionnaires", "contract_edit", "integrations_vendorquestionnaire", "read:vendor"),
    ],
    "Settings": [
        ("Consent categories", "verified_user", "integrations_consentcategory", "read:consent_category"),
        ("Clusters", "dns", "integrations_cluster", "read:cluster"),
        ("Webhooks", "webhook", "webhooks_subscription", "read:webhook_config"),
        (
            "Delivery History",
            "manage_history",
            "webhooks_messagedeliveryrecord",
            "read:webhook_delivery_logs",
        ),
    ],
    "Access": [
        ("Organizations", "apartment", "accounts_organization", "read:organization"),
        ("Members", "badge", "accounts_member", "read:member"),
        ("Invitations", "mail", "accounts_invitation", "read:member"),
        ("Users", "person", "accounts_user", "read:member"),
        ("API tokens", "vpn_key", "accounts_apitoken", "read:organization"),
        ("Audit log", "history", "accounts_auditentry", "read:audit"),
    ],
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """unfold's SIDEBAR navigation: what the user may read."""
    first = {"title": "Dashboard", "icon": "space_dashboard", "link": reverse("admin:index")}
    groups = [
        {"title": title, "separator": True, "items": [_item(*item[:3]) for item in _allowed(request, items)]}
        for title, items in MENU.items()
    ]
    return [{"items": [first, *_operators(request)]}, *groups]


def _operators(request: HttpRequest) -> list[dict[str, str]]:
    if not may_look(principal(request)):
        return []
    return [{"title": "Operations", "icon": "power_settings_new", "link": reverse("operations")}]


def _allowed(request: HttpRequest, items: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    return [item for item in items if may(request, item[3])]


def _item(title: str, icon: str, name: str) -> dict[str, str]:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{name}_changelist")}


def environment(request: HttpRequest) -> list[str]:
    """unfold's ENVIRONMENT: whether anything here may go to the sandbox instead of vendors."""
    if stopped := [one.value for one in Switch if is_stopped(one)]:
        return [f"{' and '.join(stopped).capitalize()} stopped", "danger"]
    if settings.DEBUG:
        return ["Debug", "danger"]
    return ["Sandbox on", "warning"] if settings.SANDBOX_URL else ["Production", "success"]


def stylesheet(request: HttpRequest) -> str:
    """Our own few classes beside unfold's."""
    return static("integrations/admin.css")
