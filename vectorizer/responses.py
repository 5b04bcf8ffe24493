"""Problems as ``application/problem+json`` (RFC 9457)."""

import logging

from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from vectorizer.problems import BadRequest, InternalError, InvalidRequest, MethodNotAllowed, NotFound, Outage, Problem
from vectorizer.tracing import current_trace_id

_PROBLEM_OF_STATUS: dict[int, type[Problem]] = {404: NotFound, 405: MethodNotAllowed}

_logger = logging.getLogger("vectorizer")


def handle_problems(app: FastAPI) -> None:
    """Let `app` answer every failure as a problem, never with a stack trace."""

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> JSONResponse:
        return problem_response(request, problem)

    @app.exception_handler(HTTPException)
    async def on_http_exception(request: Request, error: HTTPException) -> JSONResponse:
        kind = _PROBLEM_OF_STATUS.get(error.status_code)
        response = problem_response(request, kind() if kind else BadRequest(f"{error.detail}"))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(ClientDisconnect)
    async def on_client_gone(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=499)  # the client is gone

    @app.exception_handler(RequestValidationError)
    async def on_invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"][1:])
        return problem_response(request, InvalidRequest(f"{name}: {first['msg']}."))

    @app.exception_handler(Exception)
    async def on_error(request: Request, error: Exception) -> JSONResponse:
        _logger.error("Unexpected error", exc_info=error)
        return problem_response(request, InternalError())


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    """Return the problem as RFC 9457 describes it, and note its code for the metrics of requests."""
    request.state.problem = problem.code
    headers = {"Retry-After": str(problem.retry_after_seconds)} if isinstance(problem, Outage) else {}
    content = {
        "type": f"urn:faceserver:problem:{problem.code}",
        "title": type(problem).sentence,
        "status": problem.status,
        "detail": problem.sentence,
        "code": problem.code,
        "request_id": correlation_id.get(),
        "trace_id": current_trace_id(),
    }
    return JSONResponse(content, problem.status, headers, media_type="application/problem+json")
