"""What the tests say to the sandbox, over a socket."""

from typing import Any

import requests


class SandboxClient(requests.Session):
    def __init__(self, origin: str) -> None:
        super().__init__()
        self.trust_env = False
        self.origin = origin

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Any request, to a path of the sandbox or to a full URL; redirects are not followed."""
        full_url = url if url.startswith("http") else self.origin + url
        return super().request(method, full_url, **{"timeout": 15} | kwargs | {"allow_redirects": False})

    def reset(self) -> None:
        self.post("/control/reset", json={"received": True}).raise_for_status()

    def fail(self, vendor: str, mode: str, **details: object) -> None:
        self.post("/control", json={"vendor": vendor, "mode": mode} | details).raise_for_status()

    def received(self, vendor: str, **narrowed: object) -> list[dict[str, Any]]:
        answer = self.get("/received", params={"vendor": vendor} | narrowed).json()
        assert answer["count"] == len(answer["requests"])
        return list(answer["requests"])

    def last(self, vendor: str) -> dict[str, Any]:
        return self.received(vendor)[-1]
