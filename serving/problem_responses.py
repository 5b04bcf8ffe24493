"""Problems as `application/problem+json` (RFC 9457)."""

from typing import Annotated

from asgi_correlation_id import correlation_id
from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from serving.problems import Problem
from serving.tracing import current_trace_id

TraceId = Annotated[
    str | None,
    Field(
        description="The id of the request's trace, if traces are sent.",
        examples=["4bf92f3577b34da6a3ce929d0e0e4736"],
    ),
]


class ProblemDetails(BaseModel):
    """A failure, as RFC 9457 describes it."""

    type: str = Field(examples=["urn:faceserver:problem:file-not-found"])
    title: str = Field(examples=["This file does not exist or has expired."])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["This file does not exist or has expired."])
    code: str = Field(examples=["file-not-found"])
    request_id: str | None = Field(examples=["288483c29ff94d78875cb8c8dfe4fed7"])
    trace_id: TraceId


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


def problem_response(
    request: Request, problem: Problem, kind: type[JSONResponse] = JSONResponse, envelope: BaseModel | None = None
) -> JSONResponse:
    """Return the problem as RFC 9457 describes it, or in an envelope if one is passed.

    Its code is left in the request's state for the metrics. Problems with `retry_after_seconds` get a Retry-After.
    """
    request.state.problem = problem.code
    seconds = getattr(problem, "retry_after_seconds", None)
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    if envelope is not None:
        return kind(envelope.model_dump(), problem.status, headers)
    return kind(problem_details(problem).model_dump(), problem.status, headers, media_type="application/problem+json")
