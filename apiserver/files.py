"""The images themselves, and what the vectorizer says about its models."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from apiserver.responses import ProblemDetails
from apiserver.state import StateOf

PRIVATE = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",  # a face is personal: nobody on the way keeps it beyond its time
}
"""Headers of what shows somebody."""

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (404, 503)}

router = APIRouter()


@router.get("/files/{key}", response_class=StreamingResponse, responses=_PROBLEMS, tags=["files"])
async def file(key: str, state: StateOf) -> StreamingResponse:
    """Return an image that was learned, or recognized within the retention time."""
    stored = await state.images.open(key)
    headers = PRIVATE | {"Content-Length": str(stored.size_bytes)}
    return StreamingResponse(stored.chunks, media_type=stored.media_type, headers=headers)
