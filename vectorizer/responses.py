"""Problems as ``application/problem+json`` (RFC 9457)."""

import logging
from http import HTTPStatus

from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from vectorizer.problems import Problem
from vectorizer.tracing import current_trace_id

_log = logging.getLogger("vectorizer")


def handle_problems(app: FastAPI) -> None:
    """Let every failure of `app` be answered as a named problem, never with a stack trace."""

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> JSONResponse:
        headers = {"Retry-After": str(problem.retry_after_seconds)} if problem.retry_after_seconds else {}
        return _render(request, problem.code, problem.status, str(problem), headers)

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        status = HTTPStatus(error.status_code)
        return _render(
            request, status.phrase.lower().replace(" ", "-"), status, str(error.detail), dict(error.headers or {})
        )

    @app.exception_handler(ClientDisconnect)
    async def on_gone(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"][1:])
        return _render(request, "invalid-request", HTTPStatus.UNPROCESSABLE_ENTITY, f"{name}: {first['msg']}.", {})

    @app.exception_handler(Exception)
    async def on_error(request: Request, error: Exception) -> JSONResponse:
        _log.error("unexpected failure", exc_info=error)
        sentence = "Something failed here that should not; the log has it under the request id."
        return _render(request, "internal-error", HTTPStatus.INTERNAL_SERVER_ERROR, sentence, {})


def _render(request: Request, code: str, status: HTTPStatus, detail: str, headers: dict[str, str]) -> JSONResponse:
    request.state.problem = code  # for what counts requests
    content = {
        "type": f"urn:faceserver:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
        "request_id": correlation_id.get(),
        "trace_id": current_trace_id(),
    }
    return JSONResponse(content, status, headers, media_type="application/problem+json")
