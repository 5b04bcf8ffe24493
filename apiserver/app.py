"""Puts the gateway together: resources, routes, and exception handlers."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from apiserver.api import (
    add_faces,
    compare,
    deletions,
    detect,
    directories,
    exports,
    faces,
    identify,
    images,
    imports,
    jobs,
    learn,
    merges,
    persons,
    recognize,
    service,
)
from apiserver.api.responses import problem_response
from apiserver.background import background
from apiserver.deletion.erasure import Erasure
from apiserver.directories.records import Directories
from apiserver.directories.sizes import DirectorySizes
from apiserver.enrolment.gallery import Gallery
from apiserver.enrolment.learning import Learning
from apiserver.http.admission import Admission
from apiserver.http.openapi import documented_by
from apiserver.http.request_log import RequestIds, Telemetry, traced_requests
from apiserver.problems import (
    InternalError,
    InvalidField,
    InvalidForm,
    MethodNotAllowed,
    NotFound,
    NotReady,
    Outage,
    Problem,
)
from apiserver.recognition.recognizing import Recognition
from apiserver.resources import open_resources
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification
from apiserver.search.planning import SwitchPoints
from apiserver.search.recall import RecallCheck
from apiserver.server import Draining
from apiserver.settings import Settings
from apiserver.slots import Slots
from apiserver.state import State
from apiserver.telemetry.gateway import StateMetrics
from apiserver.telemetry.metrics import Metrics
from apiserver.telemetry.pool_metrics import PoolMetrics
from apiserver.telemetry.traced_hop import traced_hop
from apiserver.telemetry.traced_sql import traced_sql
from apiserver.telemetry.tracing import Spans, open_tracing

_logger = logging.getLogger(__name__)

_ROUTERS = (
    *(learn.router, recognize.router, detect.router, compare.router, identify.router),
    *(directories.router, persons.router, images.router, faces.router, add_faces.router, merges.router),
    *(deletions.router, exports.router, exports.starting, imports.starting, imports.router),
    *(jobs.router, service.router),
)

_PROBLEM_OF_STATUS: dict[int, type[Problem]] = {404: NotFound, 405: MethodNotAllowed}


def create_app(settings: Settings, metrics: Metrics | None = None, draining: Draining | None = None) -> FastAPI:
    """Return a gateway that opens its resources when it starts; several can live in one process.

    metrics: must not be shared with another gateway. draining: once it has begun, the gateway is not ready.
    """
    metrics, draining = metrics or Metrics(), draining or Draining()
    spans = open_tracing(settings.otlp_endpoint, "faceserver-gateway")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, State]]:
        async with _open_state(settings, metrics, draining, spans) as state:
            yield {"gateway": state}

    app = FastAPI(
        title="faceserver",
        summary="Learn and recognize faces.",
        version=service.version(),
        lifespan=lifespan,
        telemetry=traced_requests(spans),
        # Routes are listed flat: each included router would be another layer for every request.
        routes=[route for router in _ROUTERS for route in router.routes],
    )
    app.openapi = documented_by(app)  # type: ignore[method-assign]  # as FastAPI documents it
    app.exception_handler(Problem)(_on_problem)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(RequestValidationError)(_on_invalid_request)
    app.exception_handler(ClientDisconnect)(_on_client_gone)
    app.add_middleware(Telemetry)
    app.add_middleware(Admission)
    app.add_middleware(RequestIds)  # the last one added is the outermost
    return app


@asynccontextmanager
async def _open_state(
    settings: Settings, metrics: Metrics, draining: Draining, spans: Spans | None
) -> AsyncIterator[State]:
    async with AsyncExitStack() as stack:
        if spans:
            stack.push_async_callback(asyncio.to_thread, spans.close)
        resources = await stack.enter_async_context(
            open_resources(
                settings,
                name="apiserver",
                waited=metrics.database_wait.observe,
                statement_ended=traced_sql(spans.tracer) if spans else None,
                trace_configs=[traced_hop(spans.tracer)] if spans else [],
            )
        )
        database, images, vectorizer = resources.database, resources.images, resources.vectorizer
        efforts, slots = Efforts(settings.search_recall), Slots(settings.max_requests)
        identification = Identification(database, _switch_points(settings), efforts)
        recall_check = RecallCheck(identification, efforts, settings.search_checked_share)
        await stack.enter_async_context(background(recall_check.run()))
        directories = Directories(database, DirectorySizes(database), settings.fpir)
        for collector in (StateMetrics(slots, vectorizer, recall_check), PoolMetrics(database)):
            metrics.registry.register(collector)
            stack.callback(metrics.registry.unregister, collector)
        yield State(
            settings=settings,
            draining=draining,
            metrics=metrics,
            slots=slots,
            database=database,
            vectorizer=vectorizer,
            directories=directories,
            recognition=Recognition(
                database=database,
                directories=directories,
                identification=identification,
                recall_check=recall_check,
                images=images,
                retention_seconds=settings.recognized_retention_seconds,
            ),
            learning=Learning(
                directories=directories,
                identification=identification,
                gallery=Gallery(database, makes_directories=settings.directories_on_learn),
                images=images,
                settings=settings,
            ),
            erasure=Erasure(database, images.uploads_end_after),
            images=images,
            archives=resources.archives,
        )


def _switch_points(settings: Settings) -> SwitchPoints:
    return SwitchPoints(
        exact_faces=settings.search_exact_faces,
        index_faces=settings.search_index_faces,
        candidates=settings.search_candidates,
        graph_candidates=settings.search_graph_candidates,
        parallel_workers=settings.search_parallel_workers,
    )


async def _on_problem(request: Request, problem: Problem) -> Response:
    if isinstance(problem, NotReady):
        _logger.debug("not ready: %s", problem)  # the client sees it, and during the start it is expected
    elif isinstance(problem, Outage):
        _logger.warning("%s: %r", problem.code, problem.__cause__ or problem)
    elif isinstance(problem, InternalError):
        _logger.error("Unexpected error", exc_info=problem)
    return problem_response(request, problem)


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    """Respond to what the router refuses: an unknown path, or a method that a path does not have."""
    response = problem_response(request, _PROBLEM_OF_STATUS.get(error.status_code, InvalidForm)())
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(sorted(_methods(request)))
    return response


def _methods(request: Request) -> set[str]:
    """Return all methods of the path; the router names only those of one route."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return {method for route in routes for method in getattr(route, "methods", None) or ()}


async def _on_invalid_request(request: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    return problem_response(request, InvalidField(f"{first['loc'][-1]}: {first['msg']}"))


async def _on_client_gone(_: Request, __: ClientDisconnect) -> Response:
    """End the request; the client has disconnected and reads no answer."""
    return Response(status_code=499)
