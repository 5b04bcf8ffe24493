"""`Idempotency-Key`: a repeated request gets the stored answer of the first one and is not executed again."""

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any
from urllib.parse import unquote

from fastapi import Request, Response
from starlette.types import Message, Receive

from apiserver.access.grants import current_grant
from apiserver.background import background, repeat
from apiserver.http.json.bodies import read_small
from apiserver.http.multipart import MULTIPART, FormLimits, form_type, parse_form
from apiserver.http.paths import EncodedRoute
from apiserver.http.problem_responses import problem_response
from apiserver.http.upload_stream import read_body
from apiserver.idempotency_keys import LOST_SECONDS, Claim, StoredAnswer, claim, release, renew, store
from apiserver.names import checked_name
from apiserver.problems import DirectoryNotFound, InvalidField, InvalidName, LimitReached, Outage, Refused
from apiserver.state import State

KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Makes the request safe to repeat: within 24 hours it runs once, and repeats get the same answer.",
}
"""The header as a parameter in OpenAPI, for the `openapi_extra` of a route."""

_KEY = re.compile(r"[!-~]{1,255}")
_KEPT_HEADERS = ("content-type", "location", "etag")
_MAX_HASHED_BYTES = 1_000_000
"""More is hashed in a thread: it takes longer than to start one."""

_RENEW_SECONDS = LOST_SECONDS / 3

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_logger = logging.getLogger(__name__)


def idempotent(*, max_files: int | None) -> Callable[[Handler], Handler]:
    """Return a decorator that runs a handler once for each `Idempotency-Key`; requests without the header just run.

    max_files: maximum number of photographs in the body. The body is read first, to compare repeated requests. None:
    the body is too large for that, and only its length is compared.
    """

    def decorate(handle: Handler) -> Handler:
        @wraps(handle)
        async def handle_once(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if key is None:
                return await handle(request)
            return await _once(key, handle, request, max_files)

        return handle_once

    return decorate


class IdempotentRoute(EncodedRoute):
    """An EncodedRoute without photographs whose requests may carry an `Idempotency-Key`."""

    def get_route_handler(self) -> Handler:
        """Return the handler of a request."""
        return idempotent(max_files=0)(super().get_route_handler())


async def _once(key: str, handle: Handler, request: Request, max_files: int | None) -> Response:
    if not _KEY.fullmatch(key):
        raise InvalidField("Idempotency-Key: it must have 1 to 255 visible ASCII characters.")
    database = State.of(request).database
    request, fingerprint = await _fingerprinted(request, max_files)
    claimed = await claim(database, _of_caller(key), fingerprint)
    if isinstance(claimed, StoredAnswer):
        if claimed.directory is not None and not current_grant().covers(claimed.directory):
            raise DirectoryNotFound
        return Response(claimed.body, claimed.status, {**claimed.headers, "Idempotency-Replayed": "true"})
    try:
        async with background(repeat(lambda: renew(database, claimed), _RENEW_SECONDS)):
            response = await _answer(handle, request)
    except BaseException:
        with suppress(Outage):  # then the claim expires
            await release(database, claimed)
        raise
    await _settle(request, claimed, response)
    return response


def _of_caller(key: str) -> str:
    """Return the key as it is stored: each caller has its own. A key has no space, so these cannot meet."""
    owner = current_grant().owner
    return f"{owner} {key}" if owner else key


async def _answer(handle: Handler, request: Request) -> Response:
    """Return the answer, which may be a refusal. Outages, defects and limits of keys propagate: they are not stored."""
    try:
        return await handle(request)
    except LimitReached:
        raise
    except Refused as problem:
        return problem_response(request, problem)


async def _settle(request: Request, claimed: Claim, response: Response) -> None:
    """Store a final answer. If it cannot be stored, the client gets it nevertheless."""
    database = State.of(request).database
    try:
        if response.status_code >= 500:
            await release(database, claimed)
        else:
            headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            body = bytes(response.body)
            answer = StoredAnswer(response.status_code, headers, body, _directory(request, body))
            await store(database, claimed, answer)
    except Outage as outage:
        _logger.warning("The answer of a request with an Idempotency-Key was not stored: %s", outage)


def _directory(request: Request, body: bytes) -> str | None:
    """Return the directory named in the path or, failing that, in the answer; None if neither is a valid name."""
    named: Any = None
    if "directory" in request.path_params:
        named = unquote(request.path_params["directory"])
    elif body.startswith(b"{"):
        named = json.loads(body).get("directory")
    with suppress(InvalidName):
        return checked_name(named)
    return None


async def _fingerprinted(request: Request, max_files: int | None) -> tuple[Request, bytes]:
    """Return a request whose body can be read again, and a digest of the request."""
    if max_files is None:
        return request, await _digest(request, [request.headers.get("content-length", "").encode()])
    if max_files:
        settings = State.of(request).settings
        limits = FormLimits(settings.max_image_bytes, settings.upload_timeout_seconds, max_files)
        body = await read_body(request, timeout_seconds=limits.timeout_seconds, max_bytes=limits.max_bytes)
        digest = await _digest(request, await _parts(request, body, limits))
    else:
        body = await read_small(request)
        digest = await _digest(request, [body])
    return Request(request.scope, _again(body, request.receive)), digest


async def _digest(request: Request, parts: Sequence[bytes]) -> bytes:
    scope, media_type = request.scope, form_type(request).media_type
    hashed = (scope["method"].encode(), scope["raw_path"], scope["query_string"], media_type, *parts)
    if sum(map(len, hashed)) <= _MAX_HASHED_BYTES:
        return _sha256(hashed)
    return await asyncio.to_thread(_sha256, hashed)


def _sha256(parts: Sequence[bytes]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.digest()


async def _parts(request: Request, body: bytes, limits: FormLimits) -> list[bytes]:
    """Return the fields of a form, without its boundary, which clients choose at random for each attempt."""
    form = form_type(request)
    if form.media_type != MULTIPART:
        return [body]
    parts: list[bytes] = []
    for name, value in (await parse_form(body, form, limits)).items():
        if isinstance(value, str):
            parts += (b"text", name.encode(), value.encode())
            continue
        for upload in value:
            parts += (b"file", name.encode(), upload.filename.encode(), upload.content)
    return parts


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that replays a body that was read, and then continues with `receive`."""
    unread = [body]

    async def receive_again() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await receive()

    return receive_again
