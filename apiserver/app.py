"""Puts the gateway together: resources, routes, and exception handlers."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from apiserver.access.acts import current_act, is_foreign
from apiserver.api import (
    activity,
    add_faces,
    compare,
    compreface,
    deletions,
    detect,
    directories,
    distributions,
    doubts,
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
    rekognition,
    service,
    status,
)
from apiserver.api.access import audit, keys, session, usage
from apiserver.audit.reads import Reads
from apiserver.audit.refusals import Refusals
from apiserver.background import background, repeat
from apiserver.deletion.erasure import Erasure
from apiserver.directories.records import Directories
from apiserver.directories.sizes import DirectorySizes
from apiserver.enrolment.gallery import Gallery
from apiserver.enrolment.learning import Learning
from apiserver.enrolment.likeness import Likenesses
from apiserver.http.access.authentication import Authentication
from apiserver.http.access.rate_store import RateStore, rate_store
from apiserver.http.access.rates import IsExempt, Rates
from apiserver.http.access.sessions import NAMES
from apiserver.http.admission import Admission
from apiserver.http.client_addresses import ClientAddresses
from apiserver.http.cross_origin import CrossOrigin
from apiserver.http.disk_floor import DiskFloor
from apiserver.http.multipart import MAX_FULL_FILES
from apiserver.http.openapi import documented_by
from apiserver.http.problem_responses import Foreign, problem_response, tell_foreign_clients
from apiserver.http.public_addresses import PublicPaths, public_target
from apiserver.http.request_log import request_log
from apiserver.keys.authenticator import Authenticator
from apiserver.keys.signing_keys import SigningKeys
from apiserver.problems import (
    HostNotAccepted,
    InternalError,
    InvalidField,
    InvalidForm,
    NotReady,
    OriginNotAllowed,
    Outage,
    Problem,
)
from apiserver.recognition.recognizing import Recognition
from apiserver.resources import Resources, open_resources
from apiserver.search.cache import CodeCache
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification
from apiserver.search.planning import SwitchPoints
from apiserver.search.recall import RecallCheck
from apiserver.server import Draining
from apiserver.settings.settings import Settings
from apiserver.site import documentation, page
from apiserver.slots import Slots
from apiserver.state import State
from apiserver.storage.keeping import Keeping
from apiserver.telemetry.database import PoolMetrics
from apiserver.telemetry.gateway import Metrics, StateMetrics
from apiserver.telemetry.limits import LimitMetrics, UsageMetrics
from apiserver.telemetry.recent import SAMPLE_SECONDS, RecentRequests
from apiserver.telemetry.tracing import traced_hop, traced_sql
from serving.exception_handlers import handle_exceptions
from serving.host_names import hosts_checked
from serving.logged_paths import LoggedPaths
from serving.memory import usable_memory
from serving.origins import host_of, read_origins
from serving.request_log import RequestIds, RequestLog, traced_requests
from serving.tracing import Spans, note_path, open_tracing
from serving.web.answer_headers import AnswerHeaders
from serving.web.cookies import WithoutCookies
from serving.web.head_requests import HeadRequests
from serving.web.web_pages import WebPageRules, WebPages

_logger = logging.getLogger(__name__)

_GIVE_BACK_SECONDS = 5.0

_ROUTERS = (
    *(learn.router, recognize.router, detect.router, compare.router, identify.router),
    *(
        directories.router,
        persons.router,
        images.router,
        images.previews,
        images.sent,
        faces.router,
        add_faces.router,
        merges.listing,
        merges.router,
        doubts.router,
        distributions.router,
        activity.router,
    ),
    *(deletions.router, exports.router, exports.starting, imports.starting, imports.router),
    *(jobs.router, keys.router, audit.router, usage.router, session.router, service.router, status.router),
    documentation.router,
)

# The protocols of other services, by the name that `APISERVER_FACADES` has for them.
_FACADES: Mapping[str, tuple[APIRouter, ...]] = {"compreface": compreface.ROUTERS, "rekognition": rekognition.ROUTERS}

# How they report problems.
_FOREIGN_PROBLEMS: Mapping[str, Foreign] = {
    "compreface": compreface.foreign_problem,
    "rekognition": rekognition.foreign_problem,
}

# Which of their requests delete by a method other than DELETE; no limit refuses them.
_EXEMPTIONS: Mapping[str, IsExempt] = {"compreface": compreface.is_exempt, "rekognition": rekognition.is_exempt}


def create_app(settings: Settings, metrics: Metrics | None = None, draining: Draining | None = None) -> FastAPI:
    """Return a gateway that opens its resources when it starts; several can live in one process.

    metrics: must not be shared with another gateway. draining: once it has begun, the gateway is not ready.
    """
    metrics, draining = metrics or Metrics(), draining or Draining()
    rates = rate_store(settings.rates_url)
    spans = open_tracing(settings.otlp_endpoint, "faceserver-gateway")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with _open_state(settings, metrics, draining, spans, rates) as state:
            yield {"gateway": state, "upload_bytes_per_second": settings.upload_bytes_per_second}

    app = FastAPI(
        title="faceserver",
        summary="Learn and recognize faces.",
        version=service.version(),
        lifespan=lifespan,
        openapi_url=None,  # `documentation` serves it
        redirect_slashes=False,  # PublicPaths removes them
        telemetry=traced_requests(spans),
        # Routes are listed flat: each included router would be another layer for every request.
        routes=[route for router in _routers(settings) for route in router.routes],
    )
    describe = documented_by(app, keys_required=settings.keys_required)
    app.openapi = describe  # type: ignore[method-assign]  # as FastAPI documents it
    tell_foreign_clients(app, [form for name, form in _FOREIGN_PROBLEMS.items() if name in settings.facade_names])
    handle_exceptions(app, malformed=InvalidForm, invalid=InvalidField, respond=_respond)
    _add_middleware(app, settings, rates)
    return app


def _routers(settings: Settings) -> Iterator[APIRouter]:
    yield from _ROUTERS
    for facade in settings.facade_names:
        yield from _FACADES[facade]
    if settings.page:
        yield page.router


def _add_middleware(app: FastAPI, settings: Settings, rates: RateStore) -> None:
    """Add the layers between server and routes; each is outside of those before it."""
    app.add_middleware(DiskFloor)
    app.add_middleware(WebPages, rules=_web_page_rules(settings), respond=problem_response)
    paths = _logged_paths(settings)
    app.add_middleware(
        RequestLog,
        on_end=request_log(paths),
        on_response=lambda scope: note_path(paths.of(scope)),
        respond=problem_response,
    )
    app.add_middleware(Admission)
    target_of = public_target(settings.trusted_proxies)
    exemptions = [_EXEMPTIONS[name] for name in settings.facade_names]
    app.add_middleware(Authentication, rates=Rates(settings, rates), target_of=target_of, exemptions=exemptions)
    if settings.trusted_proxies:
        app.add_middleware(
            ClientAddresses,
            trusted_proxies=settings.trusted_proxies,
            max_requests=settings.max_connections_per_address,
        )
    app.add_middleware(RequestIds)
    app.add_middleware(PublicPaths, root_path=settings.root_path, trusted_proxies=settings.trusted_proxies)
    app.add_middleware(WithoutCookies, keeping=NAMES)
    if origins := read_origins(settings.origins):
        app.add_middleware(CrossOrigin, origins=origins)
    app.add_middleware(AnswerHeaders)
    app.add_middleware(HeadRequests)


def _logged_paths(settings: Settings) -> LoggedPaths:
    key = settings.log_key.get_secret_value() if settings.log_key else None
    return LoggedPaths(names=settings.log_names, key=key)


def _web_page_rules(settings: Settings) -> WebPageRules:
    origins = read_origins(settings.origins)
    return WebPageRules(
        accepts_host=hosts_checked(settings.hosts, settings.host, map(host_of, origins)),
        wrong_host=HostNotAccepted,
        wrong_origin=OriginNotAllowed,
        origins=origins,
        target_of=public_target(settings.trusted_proxies),
    )


@asynccontextmanager
async def _open_state(
    settings: Settings, metrics: Metrics, draining: Draining, spans: Spans | None, rates: RateStore
) -> AsyncIterator[State]:
    async with AsyncExitStack() as stack:
        if spans:
            stack.push_async_callback(asyncio.to_thread, spans.close)
        stack.push_async_callback(rates.close)
        resources = await stack.enter_async_context(
            open_resources(
                settings,
                name="apiserver",
                waited=metrics.database_wait,
                statement_ended=traced_sql(spans.tracer) if spans else None,
                traced_hop=traced_hop(spans.tracer) if spans else None,
            )
        )
        state = _state(settings, metrics, draining, resources)
        await stack.enter_async_context(state.authenticator.running())
        await stack.enter_async_context(background(state.reads.run()))
        await stack.enter_async_context(state.refusals.running())
        await stack.enter_async_context(background(state.recall_check.run()))
        await stack.enter_async_context(background(state.codes.run()))
        await stack.enter_async_context(background(repeat(state.slots.give_back, _GIVE_BACK_SECONDS)))
        await stack.enter_async_context(background(repeat(state.recent.sample, SAMPLE_SECONDS)))
        state_metrics = StateMetrics(state.slots, state.vectorizer, state.recall_check, state.codes, state.keeping)
        limits = LimitMetrics(state.usage, rates), UsageMetrics(state.usage)
        for collector in (state_metrics, *limits, PoolMetrics(state.database)):
            metrics.registry.register(collector)
            stack.callback(metrics.registry.unregister, collector)
        yield state


def _state(settings: Settings, metrics: Metrics, draining: Draining, resources: Resources) -> State:
    database, images = resources.database, resources.images
    efforts = Efforts(settings.search_recall)
    points = SwitchPoints.of(settings)
    codes = CodeCache(database, points)
    identification = Identification(database, points, efforts, codes)
    recall_check = RecallCheck(identification, efforts, settings.search_checked_share)
    directories = Directories(database, DirectorySizes(database), settings.fpir)
    keeping = _keeping(settings, resources)
    reads = Reads(database, settings.audit_recognitions)
    return State(
        settings=settings,
        draining=draining,
        metrics=metrics,
        recent=RecentRequests(metrics, status.routes(settings.facade_names)),
        slots=_slots(settings),
        authenticator=Authenticator(database, settings, images.keys.masters),
        signing_keys=SigningKeys(database),
        database=database,
        vectorizer=resources.vectorizer,
        directories=directories,
        recall_check=recall_check,
        codes=codes,
        recognition=Recognition(
            database=database,
            directories=directories,
            identification=identification,
            recall_check=recall_check,
            keeping=keeping,
            reads=reads,
            retention_seconds=settings.recognized_retention_seconds,
        ),
        learning=_learning(settings, resources, directories, identification),
        erasure=Erasure(database, images.uploads_end_after, images.keys, images.tagged_ids),
        images=images,
        archives=resources.archives,
        space=resources.space,
        keeping=keeping,
        reads=reads,
        refusals=Refusals(database),
        usage=resources.usage,
    )


def _keeping(settings: Settings, resources: Resources) -> Keeping:
    timeout_seconds, retry_seconds = settings.image_store_keep_timeout_seconds, settings.image_store_retry_seconds
    return Keeping(resources.images, resources.space, timeout_seconds, retry_seconds)


def _learning(
    settings: Settings, resources: Resources, directories: Directories, identification: Identification
) -> Learning:
    database, images = resources.database, resources.images
    return Learning(
        database=database,
        directories=directories,
        likenesses=Likenesses(database, identification),
        gallery=Gallery(database, makes_directories=settings.directories_on_learn, keys=images.keys),
        images=images,
        settings=settings,
    )


def _slots(settings: Settings) -> Slots:
    max_bytes = settings.max_bytes_in_progress or max(usable_memory() // 4, MAX_FULL_FILES * settings.max_image_bytes)
    return Slots(settings.max_requests, settings.max_image_bytes, max_bytes)


def _respond(request: Request, problem: Problem) -> Response:
    State.of(request).refusals.note(problem, current_act(), foreign=is_foreign())
    if isinstance(problem, NotReady):
        _logger.debug("not ready: %s", problem)  # the client sees it, and during the start it is expected
    elif isinstance(problem, Outage):
        _logger.warning("%s: %r", problem.code, problem.__cause__ or problem)
    elif isinstance(problem, InternalError):
        _logger.error("Unexpected error", exc_info=problem)
    return problem_response(request, problem)
