"""Puts the gateway together: resources, routes, and exception handlers."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI, Request, Response

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
from apiserver.http.request_log import log_request
from apiserver.problems import (
    InternalError,
    InvalidField,
    InvalidForm,
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
from apiserver.telemetry.database import PoolMetrics
from apiserver.telemetry.gateway import Metrics, StateMetrics
from apiserver.telemetry.tracing import traced_hop, traced_sql
from serving.exception_handlers import handle_exceptions
from serving.request_log import RequestIds, RequestLog, traced_requests
from serving.tracing import Spans, open_tracing

_logger = logging.getLogger(__name__)


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
    handle_exceptions(app, malformed=InvalidForm, invalid=InvalidField, respond=_respond)
    app.add_middleware(RequestLog, on_end=log_request, respond=problem_response)
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


def _respond(request: Request, problem: Problem) -> Response:
    if isinstance(problem, NotReady):
        _logger.debug("not ready: %s", problem)  # the client is told, and during the start it is not a fault
    elif isinstance(problem, Outage):
        _logger.warning("%s: %r", problem.code, problem.__cause__ or problem)
    elif isinstance(problem, InternalError):
        _logger.error("Unexpected error", exc_info=problem)
    return problem_response(request, problem)
