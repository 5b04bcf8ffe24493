"""Routes of stored images, and of previews: JPEGs of photographs that browsers cannot show."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from apiserver.access.binding import bind
from apiserver.access.limits import ANALYSING
from apiserver.access.scopes import Scope
from apiserver.http.access.guard import GuardedRoute, may_see, needs
from apiserver.http.admission import PhotographRoute, counted_body
from apiserver.http.checked_routes import CheckedRoute
from apiserver.http.forms import FileField, Form
from apiserver.http.photographs import PROBLEMS, PhotographCall
from apiserver.state import State, StateOf
from apiserver.storage.images import StoredFile
from apiserver.vectorizers.wire import Preview
from serving.hang_up import while_connected
from serving.problem_responses import ProblemDetails

PRIVATE = {
    "Cache-Control": "private, max-age=300",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
}
"""Headers of photographs: pages may show them again, but no cache may keep them much beyond their retention.

Whatever a file contains, a browser that opens it runs nothing.
"""

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (404, 500, 503)}
_UNSHOWN: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 413, 415, 422, 504)}
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        "headers": {
            name: {"description": f"{side} of the upright photograph, pixels.", "schema": {"type": "integer"}}
            for name, side in (("X-Image-Width", "Width"), ("X-Image-Height", "Height"))
        },
    }
}

_OPENING_SECONDS = 2.0
"""Maximum wait for the first byte: a browser that shows many photographs must not wait for each."""

_MIN_SIDE, _MAX_SIDE, _USUAL_SIDE = 16, 4096, 2048
_SIDE = "The longer side of the preview has at most this many pixels; small photographs are not enlarged."

router = APIRouter(route_class=GuardedRoute)
previews = APIRouter(tags=["files"], route_class=CheckedRoute)
sent = APIRouter(tags=["photographs"], route_class=PhotographRoute)


class PreviewForm(Form):
    """A photograph, and the maximum size of its preview."""

    file: FileField
    size: int = Field(_USUAL_SIDE, ge=_MIN_SIDE, le=_MAX_SIDE, description=_SIDE)


class PreviewQuery(BaseModel):
    """Query parameters of the preview of a stored image."""

    size: int = Field(_USUAL_SIDE, ge=_MIN_SIDE, le=_MAX_SIDE, description=_SIDE)


@router.get("/files/{key}", response_class=StreamingResponse, responses=_PROBLEMS, tags=["files"])
@needs(Scope.READ, Scope.IMAGES)
async def file(key: str, state: StateOf) -> StreamingResponse:
    """Return an enrolled image, or one that was recognized within the retention time."""
    return await shown(key, state, may_see)


@previews.get("/files/{key}/preview", response_class=Response, responses=_PROBLEMS | _UNSHOWN | _JPEG)
@needs(Scope.READ, Scope.IMAGES, spends=ANALYSING)
async def file_preview(key: str, query: Annotated[PreviewQuery, Query()], request: Request) -> Response:
    """Return such an image as an upright JPEG of bounded size."""
    state = State.of(request)
    state.vectorizer.check_room()
    stored = await _opened(key, state, may_see)
    with counted_body(request):
        request.state.body.grow(stored.size_bytes)
        content = b"".join([chunk async for chunk in stored.chunks])
        async with while_connected(request.receive):
            return _previewed(await state.vectorizer.preview(content, query.size), PRIVATE)


@sent.post(
    "/preview",
    response_class=Response,
    responses=PROBLEMS | _JPEG,
    openapi_extra={"requestBody": PreviewForm.request_body()},
)
@needs(Scope.RECOGNIZE, spends=ANALYSING)
async def preview(request: Request) -> Response:
    """Return a photograph as an upright JPEG of bounded size; no faces are detected, and nothing is stored."""
    call = PhotographCall.of(request)
    form = await call.read(PreviewForm)
    with call.stages.measure("vectorize"):
        async with while_connected(request.receive):
            return _previewed(await call.state.vectorizer.preview(form.file.content, form.size), {})


async def shown(
    key: str, state: State, admits: Callable[[str], bool], persons: Sequence[str] = ()
) -> StreamingResponse:
    """Stream the image at `key`, if its directory is admitted. Raises FileNotFound or an Outage."""
    stored = await _opened(key, state, admits, persons)
    headers = PRIVATE | {"Content-Length": str(stored.size_bytes)}
    return StreamingResponse(stored.chunks, media_type=stored.media_type, headers=headers)


async def _opened(key: str, state: State, admits: Callable[[str], bool], persons: Sequence[str] = ()) -> StoredFile:
    stored = await state.images.open(key, _OPENING_SECONDS, admits=admits)
    bind(stored.directory)
    await state.reads.read(stored.directory, persons=persons, object_=key)
    return stored


def _previewed(made: Preview, headers: dict[str, str]) -> Response:
    size = {"X-Image-Width": str(made.width), "X-Image-Height": str(made.height)}
    return Response(made.jpeg, media_type="image/jpeg", headers=headers | size)
