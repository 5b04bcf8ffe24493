"""What the operations share: the request with its photographs, its answer, and the ids that follow from secrets."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from apiserver.access.limits import Quota
from apiserver.access.scopes import Scope
from apiserver.api.rekognition.bodies import Body
from apiserver.http.json.long_texts import LongTexts
from apiserver.http.photographs import PhotographCall
from apiserver.problems import DirectoryNotFound
from apiserver.state import State

Answer = Mapping[str, Any]

_MAX_AT_ONCE = 200_000
"""Larger contents are hashed on a thread, in bytes."""


async def require_collection(state: State, directory: str) -> None:
    """Raise DirectoryNotFound if the directory does not exist now: it may have been made within the last second."""
    try:
        await state.directories.require(directory)
    except DirectoryNotFound:
        await state.directories.read(directory)


@dataclass(frozen=True, slots=True)
class Call:
    """A request. region: the one that the client signed for. texts: the images in its body."""

    photographs: PhotographCall
    region: str
    texts: LongTexts

    @property
    def state(self) -> State:
        """The gateway that serves the request."""
        return self.photographs.state


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: how its request is read, what runs it, and what a caller needs.

    spends: the daily quotas that it spends in addition to those of every call. images: how many it takes. stores:
    whether it is refused while the disk is nearly full. deletes: whether it is admitted although limits are used up.
    """

    body: type[Body]
    run: Callable[[Call, Any], Awaitable[Answer]]
    scopes: tuple[Scope, ...]
    spends: frozenset[Quota] = frozenset()
    images: int = 0
    stores: bool = False
    deletes: bool = False


async def digest_of(content: bytes) -> bytes:
    """Return the SHA-256 of a body or a photograph, on a thread if it would delay other requests."""
    if len(content) <= _MAX_AT_ONCE:
        return sha256(content).digest()
    return (await asyncio.to_thread(sha256, content)).digest()


def derived_id(secret: bytes, *parts: bytes | str) -> UUID:
    """Return an id that follows from its parts, so that a repetition gets the same; nobody else can compute it."""
    digest = hmac.new(secret, digestmod="sha256")
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8) + content)
    return UUID(bytes=digest.digest()[:16], version=4)


def present(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the members that are not None: clients take an absent member for an unknown one, not null."""
    return {name: value for name, value in members.items() if value is not None}
