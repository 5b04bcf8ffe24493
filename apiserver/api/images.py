"""The route of stored images."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from apiserver.access.scopes import Scope
from apiserver.http.access.guard import GuardedRoute, needs
from apiserver.state import State, StateOf
from serving.problem_responses import ProblemDetails

PRIVATE = {"Cache-Control": "private, max-age=300"}
"""Headers of photographs: pages may show them again, but no cache may keep them much beyond their retention."""

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (404, 503)}

_OPENING_SECONDS = 2.0
"""Maximum wait for the first byte: a browser that shows many photographs must not wait for each."""

router = APIRouter(route_class=GuardedRoute)


@router.get("/files/{key}", response_class=StreamingResponse, responses=_PROBLEMS, tags=["files"])
@needs(Scope.READ, Scope.IMAGES)
async def file(key: str, state: StateOf) -> StreamingResponse:
    """Return an enrolled image, or one that was recognized within the retention time."""
    return await shown(key, state)


async def shown(key: str, state: State, directory: str | None = None, persons: Sequence[str] = ()) -> StreamingResponse:
    """Return a response that streams the image at `key`. Raises FileNotFound or an Outage."""
    stored = await state.images.open(key, _OPENING_SECONDS)
    await state.reads.read(directory, persons=persons, object_=key)
    headers = PRIVATE | {"Content-Length": str(stored.size_bytes)}
    return StreamingResponse(stored.chunks, media_type=stored.media_type, headers=headers)
