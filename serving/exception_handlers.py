"""Responses to the exceptions that leave a handler of FastAPI."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from serving.problem_responses import problem_response
from serving.problems import MethodNotAllowed, NotFound, Problem
from serving.request_log import Respond

_PROBLEM_OF_STATUS: dict[int, type[Problem]] = {404: NotFound, 405: MethodNotAllowed}


def handle_exceptions(
    app: FastAPI, *, malformed: type[Problem], invalid: type[Problem], respond: Respond = problem_response
) -> None:
    """Let `app` respond to problems, and to what FastAPI refuses itself, by `respond`.

    malformed: the problem of a body that cannot be parsed. invalid: that of a field, which its sentence names.
    """

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> Response:
        return respond(request, problem)

    @app.exception_handler(HTTPException)
    async def on_http_exception(request: Request, error: HTTPException) -> Response:
        kind = _PROBLEM_OF_STATUS.get(error.status_code)
        response = respond(request, kind() if kind else malformed(error.detail))
        response.headers.update(error.headers or {})
        if kind is MethodNotAllowed:
            response.headers["Allow"] = ", ".join(sorted(_methods(request)))
        return response

    @app.exception_handler(RequestValidationError)
    async def on_invalid_request(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return respond(request, invalid(f"{first['loc'][-1]}: {first['msg']}"))

    @app.exception_handler(ClientDisconnect)
    async def on_client_gone(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=499)  # for the log and the metrics; nobody reads it


def _methods(request: Request) -> set[str]:
    """Return all methods of the path; the router names only those of one route."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    methods = {method for route in routes for method in getattr(route, "methods", None) or ()}
    return methods | {"HEAD"} if "GET" in methods else methods  # see HeadRequests
