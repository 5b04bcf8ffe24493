"""Problems as responses. The only module that knows the envelope of /learn and /recognize."""

from typing import Annotated

from asgi_correlation_id import correlation_id
from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from apiserver.http.last_response import LastResponse
from apiserver.problems import (
    GatewayBusy,
    ImageTooLarge,
    InvalidForm,
    InvalidJson,
    Outage,
    Problem,
    RequestInProgress,
    UnsupportedMediaType,
    UploadTimeout,
)
from apiserver.telemetry.tracing import current_trace_id

ENVELOPE_PATHS = {"/learn", "/recognize"}
"""These report failures in the form that clients of the older face server know."""
_BODY_UNREAD = (GatewayBusy, ImageTooLarge, InvalidForm, InvalidJson, UnsupportedMediaType, UploadTimeout)
"""Problems found before the whole body was read; the connection cannot be used for another request."""


_TraceId = Annotated[
    str | None,
    Field(
        description="The id of the request's trace, if traces are sent.",
        examples=["4bf92f3577b34da6a3ce929d0e0e4736"],
    ),
]


class Refusal(BaseModel):
    """The failure of /learn and /recognize."""

    status: str = Field(examples=["More than one face detected."])
    code: str = Field(examples=["several-faces"])
    persons: None
    request_id: str | None = Field(examples=["288483c29ff94d78875cb8c8dfe4fed7"])
    trace_id: _TraceId


class ProblemDetails(BaseModel):
    """The failure of everything else, as RFC 9457 describes it."""

    type: str = Field(examples=["urn:faceserver:problem:file-not-found"])
    title: str = Field(examples=["There is no such file, or it has expired."])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such file, or it has expired."])
    code: str = Field(examples=["file-not-found"])
    request_id: str | None = Field(examples=["288483c29ff94d78875cb8c8dfe4fed7"])
    trace_id: _TraceId


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    """Return the problem in the form that the path's clients expect, always with the request's id.

    The code is left in the request's state for the metrics. `body_unread` in that state means that a body of any
    length was not read completely.
    """
    request.state.problem = problem.code
    headers = {}
    if isinstance(problem, Outage | RequestInProgress):
        headers["Retry-After"] = str(problem.retry_after_seconds)
    unread = isinstance(problem, _BODY_UNREAD) or getattr(request.state, "body_unread", False)
    kind = LastResponse if unread else JSONResponse
    if request.url.path in ENVELOPE_PATHS:
        return kind(refusal(problem).model_dump(), problem.status, headers)
    return kind(problem_details(problem).model_dump(), problem.status, headers, media_type="application/problem+json")


def refusal(problem: Problem) -> Refusal:
    """Return the problem of the current request as a failure of /learn or /recognize."""
    return Refusal(
        status=problem.sentence,
        code=problem.code,
        persons=None,
        request_id=correlation_id.get(),
        trace_id=current_trace_id(),
    )


def problem_details(problem: Problem) -> ProblemDetails:
    """Return the problem of the current request."""
    return ProblemDetails(
        type=f"urn:faceserver:problem:{problem.code}",
        title=type(problem).sentence,
        status=problem.status,
        detail=problem.sentence,
        code=problem.code,
        request_id=correlation_id.get(),
        trace_id=current_trace_id(),
    )
