"""The sandbox's own files: style sheets and the shop's script."""

from pathlib import Path

from .web import Request, Response, text_response

ASSETS = Path(__file__).with_name("assets")
CONTENT_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


def serve_asset(request: Request, name: str) -> Response:
    files = {file.name: file for file in ASSETS.iterdir()}
    if name not in files:
        return text_response("There is no such file", 404)
    file = files[name]
    response = Response(content_type=CONTENT_TYPES[file.suffix], body=file.read_bytes())
    return response.with_headers(("Cache-Control", "no-cache"))
