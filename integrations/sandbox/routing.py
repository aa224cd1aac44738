"""A router of a few lines: path templates with `<name>` and `<rest...>` lead to views."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .web import Request, Response, text_response

View = Callable[..., Response]  # view(request, **parts of the path)


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    view: View

    @property
    def pattern(self) -> re.Pattern[str]:
        """The template as a regular expression: `<name>` is one segment, `<name...>` all that is left."""
        pieces = re.split(r"<(\w+)(\.\.\.)?>", self.template)
        texts, names, rests = pieces[::3], pieces[1::3], pieces[2::3]
        parts = [f"(?P<{name}>{'.*' if rest else '[^/]+'})" for name, rest in zip(names, rests, strict=True)]
        expression = "".join(re.escape(text) + part for text, part in zip(texts, [*parts, ""], strict=True))
        return re.compile(expression + r"\Z", re.S)


class Router:
    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(route.method, route.pattern, route.view) for route in routes]

    def answer(self, request: Request) -> Response:
        """The first route of the path that takes the method answers; ANY takes every method."""
        allowed = []
        for method, pattern, view in self._routes:
            found = pattern.match(request.path)
            if found is None:
                continue
            if method in ("ANY", "GET" if request.method == "HEAD" else request.method):
                return view(request, **found.groupdict())
            allowed.append(method)
        if allowed:
            return text_response("Method not allowed", 405).with_headers(("Allow", ", ".join(allowed)))
        return text_response("Nothing lives here. Start at /", 404)
