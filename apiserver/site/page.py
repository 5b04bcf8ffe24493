"""The page for people who never open a terminal: its files, and the shell at every address of a view.

It speaks only the public API, so users see only what their keys may see.
"""

import asyncio
import gzip
import hashlib
import re
from functools import lru_cache
from html import escape
from mimetypes import types_map

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from apiserver.http.access.guard import GuardedRoute, needs_no_key
from apiserver.http.public_addresses import public
from web import STATIC

_FILE = re.compile(r"(?:(?:core|parts|views|strings|styles)/)?[a-z0-9-]+\.(?:js|css|svg)")
_FOLDER = re.compile(r"(?:core|parts|views|strings|styles)(?:/|$)")
_SHELL = "index.html"
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": types_map[".svg"], ".html": "text/html"}
_HEADERS = {
    "Cache-Control": "no-cache",  # kept by browsers, but asked for again: views of two releases must not meet
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; media-src 'self' blob:; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Vary": "Accept-Encoding",
}

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)


@router.get("/")
@router.get("/app")
@needs_no_key
async def shell(request: Request) -> Response:
    """Return the shell, which shows the view that its address names."""
    return await _answer(request, _SHELL)


@router.get("/app/{path:path}")
@needs_no_key
async def file_or_view(request: Request, path: str) -> Response:
    """Return a file of the page; whatever else is there is the address of a view."""
    if _FILE.fullmatch(path) and (STATIC / path).is_file():
        return await _answer(request, path)
    if _FOLDER.match(path):
        raise HTTPException(404)
    return await _answer(request, _SHELL)


async def _answer(request: Request, name: str) -> Response:
    file = STATIC / name
    content = await asyncio.to_thread(file.read_bytes)
    if name == _SHELL:
        content = content.replace(b"{base}", escape(public("")).encode())
    digest = hashlib.sha256(content).hexdigest()[:32]
    headers = {**_HEADERS, "ETag": f'W/"{digest}"'}
    if digest in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = await asyncio.to_thread(_compressed, content), "gzip"
    return Response(content, headers=headers, media_type=_MEDIA_TYPES[file.suffix])


@lru_cache(maxsize=200)
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
