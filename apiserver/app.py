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

from apiserver.api import add_faces as face_adding_routes
from apiserver.api import compare as comparison_routes
from apiserver.api import deletions as deletion_routes
from apiserver.api import detect as photograph_routes
from apiserver.api import directories as directory_routes
from apiserver.api import exports as export_routes
from apiserver.api import faces as face_routes
from apiserver.api import identify as identify_routes
from apiserver.api import images as files
from apiserver.api import imports as bulk_routes
from apiserver.api import jobs as job_routes
from apiserver.api import merges as merge_routes
from apiserver.api import persons as person_routes
from apiserver.api import recognize as routes
from apiserver.api import service as health
from apiserver.background import background
from apiserver.deletion.erasure import Erasure
from apiserver.directories.records import Directories
from apiserver.directories.sizes import DirectorySizes
from apiserver.draining import Draining
from apiserver.enrolment.gallery import Gallery
from apiserver.enrolment.learning import Learning
from apiserver.http.admission import Door
from apiserver.http.openapi import documented_by
from apiserver.http.problem_responses import problem_response
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
from apiserver.settings import Settings
from apiserver.slots import Places
from apiserver.state import State
from apiserver.telemetry.gateway import StateMetrics
from apiserver.telemetry.metrics import Metrics
from apiserver.telemetry.pool_metrics import PoolMetrics
from apiserver.telemetry.traced_hop import traced_hop
from apiserver.telemetry.traced_sql import traced_sql
from serving.tracing import Spans, open_tracing

_logger = logging.getLogger(__name__)

_PROBLEM_OF_STATUS: dict[int, type[Problem]] = {404: NotFound, 405: MethodNotAllowed}


def create_app(settings: Settings, metrics: Metrics | None = None, draining: Draining | None = None) -> FastAPI:
    """Return a gateway that opens its resources when it starts; several can live in one process.

    metrics: must not be shared with another gateway. draining: once it has begun, the gateway is not ready.
    """
    counted, leaving = metrics or Metrics(), draining or Draining()
    spans = open_tracing(settings.otlp_endpoint, "faceserver-gateway")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, State]]:
        async with _open_state(settings, counted, leaving, spans) as state:
            yield {"gateway": state}

    app = FastAPI(
        title="faceserver",
        summary="Learn and recognize faces.",
        version=health.version(),
        lifespan=lifespan,
        telemetry=traced_requests(spans),
        # Routes are listed flat: each included router would be another layer for every request.
        routes=[
            *(
                *routes.router.routes,
                *photograph_routes.router.routes,
                *comparison_routes.router.routes,
                *identify_routes.router.routes,
            ),
            *(*directory_routes.router.routes, *person_routes.router.routes, *files.router.routes),
            *(*face_routes.router.routes, *face_adding_routes.router.routes, *merge_routes.router.routes),
            *(*deletion_routes.router.routes, *export_routes.router.routes),
            *(*bulk_routes.imports_router.routes, *bulk_routes.exports_router.routes, *bulk_routes.router.routes),
            *(*job_routes.router.routes, *health.router.routes),
        ],
    )
    app.openapi = documented_by(app)  # type: ignore[method-assign]  # as FastAPI documents it
    app.exception_handler(Problem)(_on_problem)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(RequestValidationError)(_on_invalid_request)
    app.exception_handler(ClientDisconnect)(_on_client_gone)
    app.add_middleware(Telemetry)
    app.add_middleware(Door)
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
        efforts, places = Efforts(settings.search_recall), Places(settings.max_requests)
        identification = Identification(database, _switch_points(settings), efforts)
        recall_check = RecallCheck(identification, efforts, settings.search_checked_share)
        await stack.enter_async_context(background(recall_check.run()))
        directories = Directories(database, DirectorySizes(database), settings.fpir)
        for collector in (StateMetrics(places, vectorizer, recall_check), PoolMetrics(database)):
            metrics.registry.register(collector)
            stack.callback(metrics.registry.unregister, collector)
        yield State(
            settings=settings,
            draining=draining,
            metrics=metrics,
            places=places,
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
        _logger.debug("not ready: %s", problem)  # the client is told, and during the start it is not a fault
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
    """End the request quietly; nobody reads the answer."""
    return Response(status_code=499)
