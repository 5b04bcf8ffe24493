"""The route of stored images."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from apiserver.access.binding import bind
from apiserver.access.scopes import Scope
from apiserver.http.access.guard import GuardedRoute, may_see, needs
from apiserver.state import State, StateOf
from serving.problem_responses import ProblemDetails

PRIVATE = {
    "Cache-Control": "private, max-age=300",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
}
"""Headers of photographs: pages may show them again, but no cache may keep them much beyond their retention.

Whatever a file contains, a browser that opens it runs nothing.
"""

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (404, 500, 503)}

_OPENING_SECONDS = 2.0
"""Maximum wait for the first byte: a browser that shows many photographs must not wait for each."""

router = APIRouter(route_class=GuardedRoute)


@router.get("/files/{key}", response_class=StreamingResponse, responses=_PROBLEMS, tags=["files"])
@needs(Scope.READ, Scope.IMAGES)
async def file(key: str, state: StateOf) -> StreamingResponse:
    """Return an enrolled image, or one that was recognized within the retention time."""
    return await shown(key, state, may_see)


async def shown(
    key: str, state: State, admits: Callable[[str], bool], persons: Sequence[str] = ()
) -> StreamingResponse:
    """Stream the image at `key`, if its directory is admitted. Raises FileNotFound or an Outage."""
    stored = await state.images.open(key, _OPENING_SECONDS, admits=admits)
    bind(stored.directory)
    await state.reads.read(stored.directory, persons=persons, object_=key)
    headers = PRIVATE | {"Content-Length": str(stored.size_bytes)}
    return StreamingResponse(stored.chunks, media_type=stored.media_type, headers=headers)
