"""What CompreFace tells about itself, without a key."""

from fastapi import APIRouter, Request, Response

from apiserver.api.compreface.faces import answer
from apiserver.api.compreface.routes import CompreFaceRoute
from apiserver.http.access.guard import needs_no_key
from apiserver.http.upload_stream import SMALL_BYTES
from apiserver.state import State

router = APIRouter(route_class=CompreFaceRoute)


@router.get("/api/v1/config")
@needs_no_key
async def config(request: Request) -> Response:
    """Return how large photographs and requests may be, in bytes."""
    max_bytes = State.of(request).settings.max_image_bytes
    return answer({"clientMaxFileSize": max_bytes, "clientMaxBodySize": max_bytes + SMALL_BYTES})


@router.get("/api/v1/consistence/status")
@needs_no_key
async def consistence(request: Request) -> Response:  # noqa: ARG001 - every endpoint is called with it
    """Return that nothing has to be migrated."""
    consistent = {"demoFaceCollectionIsInconsistent": False, "dbIsInconsistent": False}
    return answer(consistent | {"saveImagesToDB": True, "status": "OK"})


@router.post("/api/v1/migrate")
@needs_no_key
async def migrate(request: Request) -> Response:  # noqa: ARG001 - every endpoint is called with it
    """Do nothing: faces of another model are embedded again by other means."""
    return Response("Migration started", media_type="text/plain")
