"""Assembles the vectorizer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TypedDict

from fastapi import FastAPI

from vectorizer.lanes import Lanes
from vectorizer.responses import handle_problems
from vectorizer.routes import router
from vectorizer.telemetry import RequestIds, RequestMetrics, traced_requests
from vectorizer.tracing import Spans


class State(TypedDict):
    """What the lifespan opens for the routes."""

    lanes: Lanes


def create_app(lanes: Lanes, spans: Spans | None = None) -> FastAPI:
    """Return the application that analyses images on `lanes`. Several can live in one process."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        try:
            await lanes.warm_up()
            yield State(lanes=lanes)
        finally:
            lanes.close()
            if spans:
                await asyncio.to_thread(spans.close)

    app = FastAPI(
        title="faceserver vectorizer",
        summary="An image in, faces with embeddings out.",
        version=version("faceserver"),
        lifespan=lifespan,
        telemetry=traced_requests(spans),
        routes=router.routes,  # an included router would add a step to every request
    )
    handle_problems(app)
    app.add_middleware(RequestMetrics, metrics=lanes.metrics)
    app.add_middleware(RequestIds)
    return app
