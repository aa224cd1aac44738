"""Somebody at a browser on the shop's site, whose pages load a tracking file, and what arrives from them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from integrations.core.tracking_file.assemble import assemble
from integrations.core.tracking_file.config import FileConfig
from tests.chromium import Remote

from .modules import MODULES
from .sites import COLLECTED, EVENTS, FILES, PAGES, Answer, Request, Sites
from .stub import STUB

BATCH = "/v1/b"


class Visitor:
    def __init__(self, sites: Sites, context: Remote) -> None:
        self.sites, self.context = sites, context
        self.errors: list[str] = []
        self.console: list[str] = []
        self.page = self.new_page()
        sites.serve(EVENTS, BATCH, COLLECTED)

    def new_page(self) -> Remote:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        return page

    # The site

    def config(self, **changes: Any) -> FileConfig:
        return replace(FileConfig(write_key="wk_test", ingestion_url=self.sites.url(EVENTS)), **changes)

    def install(self, config: FileConfig | None = None, *, path: str = "/file.js", **changes: Any) -> str:
        """Serve the file of this configuration from the files' host. Gives its URL."""
        content = assemble(config or self.config(**changes), MODULES).content
        return self.sites.serve(FILES, path, Answer(body=content, type="text/javascript; charset=utf-8"))

    def serve_page(
        self,
        path: str = "*",
        *,
        before: str = "",
        stub: bool = True,
        head: str = "",
        body: str = "",
        **more: Any,
    ) -> str:
        """Pages at `path` run `before`, then the stub, and load the file. `head` replaces the latter."""
        file = f'<script async src="{self.sites.url(FILES, "/file.js")}"></script>'
        parts = [f"<script>{code}</script>" for code in (before, STUB if stub else "") if code]
        icon = '<link rel="icon" href="data:,">'
        html = f"<!doctype html><title>Shop</title>{icon}{''.join(parts)}{head or file}<body>{body}</body>"
        return self.sites.serve(PAGES, path, Answer(body=html, type="text/html; charset=utf-8", **more))

    # The visit

    def open(self, path: str = "/", *, scheme: str = "https", **options: Any) -> None:
        if not any(host == PAGES for host, _ in self.sites.answers):
            self.serve_page()
        self.page.goto(self.sites.url(PAGES, path, scheme), **options)

    def close(self, page: Remote | None = None) -> None:
        """Close a tab as a visitor does."""
        page = page or self.page
        with page.expect_event("close"):
            page.close(run_before_unload=True)

    def run(self, script: str, argument: Any = None) -> Any:
        """What the script's last expression or promise gives."""
        return self.page.evaluate(script, argument)

    def until(self, condition: str) -> None:
        """Wait for a JavaScript expression to hold. Polled from here, so that no page policy forbids it."""
        self.page.wait_for_function(condition, polling=20)

    def loaded(self) -> None:
        """Wait until the file has taken over from the stub."""
        self.until("window.analytics && analytics.initialized")

    def cookies(self) -> dict[str, dict[str, Any]]:
        return {cookie["name"]: cookie for cookie in self.context.cookies()}

    # What arrived

    def requests(self) -> list[Request]:
        return self.sites.asked(EVENTS, BATCH, "POST")

    def tries(self) -> list[dict[str, Any]]:
        """Every event of every request, repeated ones too, whatever they were answered."""
        return [event for request in self.requests() for event in request.json()["batch"]]

    def kept(self) -> list[dict[str, Any]]:
        """What the collector has after it dropped repeated message ids: events of requests answered 200."""
        events: dict[str, dict[str, Any]] = {}
        for request in self.requests():
            if request.answered == 200:
                for event in request.json()["batch"]:
                    events.setdefault(event["messageId"], event)
        return list(events.values())

    def events(self, count: int, **options: Any) -> list[dict[str, Any]]:
        """What the collector has, as soon as that are so many events."""
        try:
            self.sites.wait_for(lambda: len(self.kept()) >= count, **options)
        except AssertionError as reason:
            names = [event.get("event", event["type"]) for event in self.kept()]
            raise AssertionError(f"The collector has {names}. {reason}") from None
        return self.kept()

    def event(self, name: str) -> dict[str, Any]:
        """The event of this name, or of this type, as soon as it came."""
        return self.sites.wait_for(
            lambda: next((one for one in self.kept() if name in (one.get("event"), one["type"])), None)
        )


def js(value: Any) -> str:
    return json.dumps(value)
