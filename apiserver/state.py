"""What the lifespan opens and every request may use."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from apiserver.database import Database
from apiserver.gallery import Gallery
from apiserver.image_store import ImageStore
from apiserver.settings import Settings
from apiserver.telemetry import Stages
from apiserver.vectorizer_client import VectorizerClient


@dataclass(frozen=True, slots=True)
class State:
    """The gateway's open resources."""

    settings: Settings
    database: Database
    vectorizer: VectorizerClient
    gallery: Gallery
    images: ImageStore


def _state(request: Request) -> State:
    return cast("State", request.state.gateway)


def _stages(request: Request) -> Stages:
    return cast("Stages", request.state.stages)


StateOf = Annotated[State, Depends(_state)]
StagesOf = Annotated[Stages, Depends(_stages)]
