"""Problems as the clients of each path expect them, also on a connection whose request was not read completely."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

import serving.problem_responses
from apiserver.problems import (
    GatewayBusy,
    ImageTooLarge,
    InvalidForm,
    InvalidJson,
    Problem,
    UnsupportedMediaType,
    UploadTimeout,
)
from serving.problem_responses import TraceId
from serving.tracing import current_trace_id

ENVELOPE_PATHS = {"/learn", "/recognize"}
"""These report failures in the form that clients of the older face server know."""

_BODY_UNREAD = (GatewayBusy, ImageTooLarge, InvalidForm, InvalidJson, UnsupportedMediaType, UploadTimeout)
"""Problems that may be found before the whole body was read; then the connection cannot be used for another request."""

_MAX_SECONDS = 10.0
_PAUSE_SECONDS = 1.0


class Refusal(BaseModel):
    """The failure of /learn and /recognize."""

    status: str = Field(examples=["More than one face detected."])
    code: str = Field(examples=["several-faces"])
    persons: None
    request_id: str | None = Field(examples=["288483c29ff94d78875cb8c8dfe4fed7"])
    trace_id: TraceId


def refusal(problem: Problem) -> Refusal:
    """Return the problem of the current request as a failure of /learn or /recognize."""
    return Refusal(
        status=problem.sentence,
        code=problem.code,
        persons=None,
        request_id=correlation_id.get(),
        trace_id=current_trace_id(),
    )


Foreign = Callable[
    [Request, Problem], tuple[int, dict[str, object]] | tuple[int, dict[str, object], dict[str, str]] | None
]
"""Returns status, body and perhaps headers of a problem as the clients of another protocol expect them.

None for other requests.
"""


def tell_foreign_clients(app: FastAPI, forms: list[Foreign]) -> None:
    """Let the problems of an app have the first of these forms that a request has."""
    app.state.foreign_problems = forms


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    """Return the problem in the form that the path's clients expect, always with the request's id.

    `body_unread` in the request's state means that a body of any length was not read completely, `body_read` that it
    was, whatever the problem.
    """
    may_be_unread = isinstance(problem, _BODY_UNREAD) and not getattr(request.state, "body_read", False)
    unread = may_be_unread or getattr(request.state, "body_unread", False)
    for form in request.app.state.foreign_problems:
        if foreign := form(request, problem):
            return _foreign_response(request, problem, *foreign, kind=LastResponse if unread else JSONResponse)
    response = serving.problem_responses.problem_response(
        request,
        problem,
        kind=LastResponse if unread else JSONResponse,
        envelope=refusal(problem) if request.url.path in ENVELOPE_PATHS else None,
    )
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"  # RFC 9110: every 401 names a scheme
    return response


def _foreign_response(
    request: Request,
    problem: Problem,
    status: int,
    body: dict[str, object],
    more: dict[str, str] | None = None,
    *,
    kind: type[JSONResponse],
) -> JSONResponse:
    response = serving.problem_responses.problem_response(request, problem, kind=kind)
    headers = {"Retry-After": value} if (value := response.headers.get("Retry-After")) else {}
    return kind(body, status, {**headers, **(more or {})})


class LastResponse(JSONResponse):
    """A response that closes the connection when the client stops sending, or after a time limit.

    Many clients read nothing until they have sent everything. If the connection were closed with unread bytes, TCP
    would reset it, and such clients would never see the response.
    """

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send the response, then read and discard the rest of the request."""
        headers = [*self.raw_headers, (b"connection", b"close")]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(_MAX_SECONDS):
                while await _more_comes(receive):
                    pass
        await send({"type": "http.response.body", "body": b""})


async def _more_comes(receive: Receive) -> bool:
    async with asyncio.timeout(_PAUSE_SECONDS):
        return bool((await receive()).get("more_body"))
