"""The OpenAPI document, and the page that shows it: Swagger UI, of which nothing comes from another host."""

import asyncio
from html import escape
from importlib.resources import files
from weakref import WeakKeyDictionary

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from pydantic_core import to_json

from apiserver.http.access.guard import GuardedRoute, needs_no_key
from apiserver.http.public_addresses import public

_ASSETS = files("fastapi_swagger") / "resources"
_MEDIA_TYPES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>faceserver</title>
<link rel="icon" href="{base}/docs/favicon-32x32.png">
<link rel="stylesheet" href="{base}/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui" data-document="{base}/openapi.json"></div>
<script src="{base}/docs/swagger-ui-bundle.js"></script>
<script src="{base}/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: document.getElementById("swagger-ui").dataset.document,
  deepLinking: true,
  validatorUrl: null,
});
"""
_PAGE_HEADERS = {
    # The browser refuses whatever a later release of Swagger UI might load from elsewhere.
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'; img-src 'self' data: blob:; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
_ASSET_HEADERS = {"Cache-Control": "max-age=3600"}

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)


_documents: WeakKeyDictionary[FastAPI, bytes] = WeakKeyDictionary()
"""What was written of each gateway of this process: to write it takes longer than most calls do."""


@router.get("/openapi.json")
@needs_no_key
async def document(request: Request) -> Response:
    """Return the OpenAPI document, with the base path of the service, if it has one."""
    if request.app not in _documents:
        await asyncio.to_thread(_write, request.app)
    content = _documents[request.app]
    if base := public(""):
        content = b'%s,"servers":%s}' % (content[:-1], to_json([{"url": base}]))
    return Response(content, media_type="application/json")


@router.get("/docs")
@needs_no_key
async def page() -> HTMLResponse:
    """Return the page."""
    return HTMLResponse(_PAGE.format(base=escape(public(""))), headers=_PAGE_HEADERS)


@router.get("/docs/start.js")
@needs_no_key
async def start() -> PlainTextResponse:
    """Return the script that starts Swagger UI."""
    return PlainTextResponse(_START, headers=_ASSET_HEADERS, media_type="text/javascript")


@router.get("/docs/{name}")
@needs_no_key
async def asset(name: str) -> Response:
    """Return a file of Swagger UI."""
    if name not in _MEDIA_TYPES:
        raise HTTPException(404)
    return FileResponse(str(_ASSETS / name), media_type=_MEDIA_TYPES[name], headers=_ASSET_HEADERS)


def _write(app: FastAPI) -> None:
    _documents[app] = to_json(app.openapi())
