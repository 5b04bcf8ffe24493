"""The open resources of a gateway, which every request may use."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from apiserver.archives import Archives
from apiserver.database import Database
from apiserver.directories import Directories
from apiserver.draining import Draining
from apiserver.erasure import Erasure
from apiserver.image_store import ImageStore
from apiserver.learning import Learning
from apiserver.metrics import Metrics
from apiserver.places import Places
from apiserver.recognizing import Recognition
from apiserver.settings import Settings
from apiserver.vectorizer_client import VectorizerClient


@dataclass(frozen=True, slots=True)
class State:
    """The gateway's open resources."""

    settings: Settings
    draining: Draining
    metrics: Metrics
    places: Places
    database: Database
    vectorizer: VectorizerClient
    directories: Directories
    recognition: Recognition
    learning: Learning
    erasure: Erasure
    images: ImageStore
    archives: Archives

    @classmethod
    def of(cls, request: Request) -> "State":
        """Return the resources of the gateway that serves the request."""
        return cast("State", request.state.gateway)


# A coroutine, because FastAPI runs plain functions on other threads.
async def _state(request: Request) -> State:
    return State.of(request)


StateOf = Annotated[State, Depends(_state)]
