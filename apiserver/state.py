"""The open resources of a gateway, which every request may use."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.types import Scope

from apiserver.audit.reads import Reads
from apiserver.audit.refusals import Refusals
from apiserver.database.pool import Database
from apiserver.deletion.erasure import Erasure
from apiserver.directories.records import Directories
from apiserver.enrolment.learning import Learning
from apiserver.keys.authenticator import Authenticator
from apiserver.keys.signing_keys import SigningKeys
from apiserver.keys.usage import Usage
from apiserver.recognition.recognizing import Recognition
from apiserver.search.cache import CodeCache
from apiserver.search.recall import RecallCheck
from apiserver.server import Draining
from apiserver.settings.settings import Settings
from apiserver.slots import Slots
from apiserver.storage.archives import Archives
from apiserver.storage.free_space import FreeSpace
from apiserver.storage.images import ImageStore
from apiserver.storage.keeping import Keeping
from apiserver.telemetry.gateway import Metrics
from apiserver.telemetry.recent import RecentRequests
from apiserver.vectorizers.client import VectorizerClient


@dataclass(frozen=True, slots=True)
class State:
    """The gateway's open resources."""

    settings: Settings
    draining: Draining
    metrics: Metrics
    recent: RecentRequests
    slots: Slots
    authenticator: Authenticator
    signing_keys: SigningKeys
    database: Database
    vectorizer: VectorizerClient
    directories: Directories
    recognition: Recognition
    learning: Learning
    recall_check: RecallCheck
    codes: CodeCache
    erasure: Erasure
    images: ImageStore
    archives: Archives
    space: FreeSpace
    keeping: Keeping
    reads: Reads
    refusals: Refusals
    usage: Usage

    @classmethod
    def of(cls, request: Request) -> "State":
        """Return the resources of the gateway that serves the request."""
        return cast("State", request.state.gateway)

    @classmethod
    def of_scope(cls, scope: Scope) -> "State":
        """Return the resources of the gateway that serves the ASGI request."""
        return cast("State", scope["state"]["gateway"])


# A coroutine, because FastAPI runs plain functions on other threads.
async def _state(request: Request) -> State:
    return State.of(request)


StateOf = Annotated[State, Depends(_state)]
