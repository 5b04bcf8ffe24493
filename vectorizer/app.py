"""Assembles the vectorizer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TypedDict

from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import Scope

from serving.exception_handlers import handle_exceptions
from serving.host_names import Accepts
from serving.pace import Pace
from serving.request_log import RequestIds, RequestLog, traced_requests
from serving.stages import Ended
from serving.tracing import Spans
from serving.web.answer_headers import AnswerHeaders
from serving.web.cookies import WithoutCookies
from serving.web.head_requests import HeadRequests
from serving.web.web_pages import WebPageRules, WebPages
from vectorizer.lanes import Lanes
from vectorizer.problems import BadRequest, HostNotAccepted, InvalidRequest, OriginNotAllowed
from vectorizer.routes import router
from vectorizer.secret import SecretChecked


class State(TypedDict):
    """What the lifespan opens for the routes."""

    lanes: Lanes
    pace: Pace


def create_app(
    lanes: Lanes,
    pace: Pace,
    spans: Spans | None = None,
    accepts_host: Accepts | None = None,
    secret: SecretStr | None = None,
) -> FastAPI:
    """Return the application that analyses images on `lanes`. Several can live in one process.

    accepts_host: None if all hosts are accepted. secret: what callers must know; None if nothing.
    """
    rules = WebPageRules(accepts_host, HostNotAccepted, OriginNotAllowed)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        try:
            await lanes.warm_up()
            yield State(lanes=lanes, pace=pace)
        finally:
            lanes.close()
            if spans:
                await asyncio.to_thread(spans.close)

    def count_request(_: Scope, request: Ended) -> None:
        lanes.metrics.request_done(request)

    app = FastAPI(
        title="faceserver vectorizer",
        summary="An image in, faces with embeddings out.",
        version=version("faceserver"),
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts from another host
        redoc_url=None,
        telemetry=traced_requests(spans),
        routes=router.routes,  # an included router would add a step to every request
    )
    handle_exceptions(app, malformed=BadRequest, invalid=InvalidRequest)
    if secret:
        app.add_middleware(SecretChecked, secret=secret)
    app.add_middleware(WebPages, rules=rules)
    app.add_middleware(RequestLog, on_end=count_request)
    app.add_middleware(RequestIds)
    app.add_middleware(WithoutCookies)
    app.add_middleware(AnswerHeaders)
    app.add_middleware(HeadRequests)
    return app
