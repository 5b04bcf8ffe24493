"""The route of all operations: POST / with the operation in a header and JSON in the body."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from math import ceil
from typing import Any

from asgi_correlation_id import correlation_id
from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from apiserver.access.acts import current_act, set_current_act
from apiserver.access.grants import Grant, current_grant, set_current_grant
from apiserver.api.rekognition.bodies import MAX_IMAGE_BYTES, Body, CollectionBody
from apiserver.api.rekognition.calls import Answer, Call, Operation
from apiserver.api.rekognition.operations import operation_of
from apiserver.api.rekognition.problems import MEDIA_TYPE, TARGET
from apiserver.api.rekognition.signers import Signer
from apiserver.http.access.guard import GuardedRoute, enter, needs_no_key
from apiserver.http.access.rates import Rates, spend_request
from apiserver.http.admission import counted_body
from apiserver.http.json.bodies import parse_json
from apiserver.http.json.long_texts import without_long_texts
from apiserver.http.photographs import PhotographCall
from apiserver.http.upload_stream import read_body
from apiserver.keys.signatures import is_signed
from apiserver.problems import DirectoryNotFound, InvalidJson, KeyInvalid, NoKeys, NotFound, TooManyAttempts
from apiserver.state import State
from serving.request_log import note_operation
from serving.tracing import note_operation as note_traced_operation

_PATH = "/"
_UNKNOWN = "unknown"
"""Replaces the name of an unsupported operation, which is a text of the client."""

_MAX_SHOWN = 100
_OTHER_BYTES = 300_000
"""The rest of a request without its images: 4,096 ids of faces have 160,000."""

_IMAGE_BYTES = 4 * ceil(MAX_IMAGE_BYTES / 3)
_MAX_COUNTS = {b"{": 100, b"[": 100, b":": 10_000, b",": 10_000}
"""How often a body may contain characters of JSON: a value costs more than its bytes do."""

_MAX_PARSED_AT_ONCE = 20_000
"""Bytes that are parsed on the event loop."""


class _Route(GuardedRoute):
    """Takes slots for the request; the endpoint finds out who calls, since a signature covers the body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of a request."""

        async def handle(request: Request) -> Response:
            name, operation = operation_of(request.headers.get(TARGET, ""))
            _note(request, name if operation else _UNKNOWN)
            request.state.body_unread = True
            with counted_body(request):
                response: Response = await self.endpoint(request)
                return response

        return handle


router = APIRouter(route_class=_Route, include_in_schema=False)


@router.post(_PATH)
@needs_no_key
async def serve(request: Request) -> Response:
    """Run the operation that the header names."""
    name, operation = operation_of(request.headers.get(TARGET, ""))
    if operation is None:
        raise NotFound(f"The operation {name[:_MAX_SHOWN] or 'in X-Amz-Target'} is not offered.")
    state, signed = State.of(request), is_signed(request.scope)
    try:
        signer = await Signer.of(request)
        if operation.stores:
            state.space.require()
        if operation.images:
            state.vectorizer.check_room()
        content = await _read(request, operation)
        grant = await signer.grant(content)
    except (KeyInvalid, TooManyAttempts, NoKeys) as problem:
        if signed:  # the others have been counted
            state.metrics.authenticated(problem.code)
        raise
    if signed:
        state.metrics.authenticated("key" if grant.key else "open")
    set_current_grant(grant)
    _note_caller(grant)
    with await _admitted(request, operation, grant):
        texts = await without_long_texts(content, max_bytes=_OTHER_BYTES)
        del content
        answer = await _run(
            Call(PhotographCall.of(request), signer.region, texts), operation, await _parsed(operation, texts.rest)
        )
    headers = {"x-amzn-requestid": correlation_id.get() or ""}
    return Response(to_json(answer), 200, headers, media_type=MEDIA_TYPE)


async def _admitted(request: Request, operation: Operation, grant: Grant) -> AbstractContextManager[None]:
    """Count a request that has been signed as the others were before; return a block in which it is in progress.

    Raises TooManyRequests or QuotaSpent.
    """
    usage = State.of(request).usage
    place: AbstractContextManager[None] = nullcontext()
    if request.state.grant is None:
        limiter: Rates = request.state.limiter
        await limiter.admit(grant, usage, request.state.rates, exempt=operation.deletes)
        place = limiter.place(grant, usage, exempt=operation.deletes)
    await spend_request(request.scope, grant, operation.spends, free=operation.deletes)
    return place


async def _run(call: Call, operation: Operation, body: Body) -> Answer:
    """Run an operation for a caller who may. Raises ScopeMissing, DirectoryNotFound, or what the operation raises."""
    collection = body.collection_id if isinstance(body, CollectionBody) else None
    try:
        if collection is not None:
            enter(collection)
        for scope in operation.scopes:
            current_grant().require(scope)
        return await operation.run(call, body)
    except DirectoryNotFound as problem:
        named = f" id: {collection}" if collection else ""
        raise DirectoryNotFound(f"The collection{named} does not exist") from problem


async def _read(request: Request, operation: Operation) -> bytes:
    """Return the body. Raises ImageTooLarge, UploadTimeout or GatewayBusy."""
    seconds = State.of(request).settings.upload_timeout_seconds
    max_bytes = _OTHER_BYTES + operation.images * _IMAGE_BYTES
    content = await read_body(request, timeout_seconds=seconds, max_bytes=max_bytes)
    request.state.body_unread = False
    return content


async def _parsed(operation: Operation, content: bytes) -> Body:
    """Return the request. Raises InvalidJson, or InvalidField, which names the member."""
    if len(content) <= _MAX_PARSED_AT_ONCE:
        return _parse(operation, content)
    return await asyncio.to_thread(_parse, operation, content)


def _parse(operation: Operation, content: bytes) -> Body:
    for character, count in _MAX_COUNTS.items():
        if content.count(character) > count:
            raise InvalidJson("The body has too many values.")
    return parse_json(operation.body, content)


def _note(request: Request, name: str) -> None:
    """Let log, metrics, traces and audits name the operation."""
    note_operation(request.scope, name)
    note_traced_operation(f"{request.method} {_PATH}", name)
    if act := current_act():
        set_current_act(replace(act, action=f"Rekognition {name}"))


def _note_caller(grant: Grant) -> None:
    """Let audits name the caller."""
    if act := current_act():
        set_current_act(replace(act, subject=grant.subject))
