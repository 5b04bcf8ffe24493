"""Puts the vectorizer together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TypedDict

from fastapi import FastAPI

from vectorizer.images import Limits
from vectorizer.models import Models
from vectorizer.pipeline import Lanes
from vectorizer.responses import handle_problems
from vectorizer.routes import router
from vectorizer.settings import Settings
from vectorizer.telemetry import RequestId


class State(TypedDict):
    """What the lifespan opens and the routes use."""

    lanes: Lanes


def create_app(settings: Settings, models: Models) -> FastAPI:
    """Return the application that serves `models`. Two of them may live in one process."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        limits = Limits(settings.max_image_bytes, settings.max_image_pixels)
        lanes = Lanes(models, limits, lanes=settings.lanes, waiting=settings.waiting)
        try:
            await lanes.warm_up()
            yield State(lanes=lanes)
        finally:
            lanes.close()

    app = FastAPI(
        title="faceserver vectorizer",
        summary="An image in, faces with embeddings out.",
        version=version("faceserver"),
        lifespan=lifespan,
    )
    app.include_router(router)
    handle_problems(app)
    app.add_middleware(RequestId)
    return app
