"""The calls of the vectorizer."""

from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.responses import PlainTextResponse

from vectorizer.manifest import DetectorManifest, EmbedderManifest, read_manifest
from vectorizer.pipeline import Lanes
from vectorizer.problems import ImageTooLarge
from vectorizer.wire import MEDIA_TYPE, describe_faces, pack_faces

router = APIRouter()


@router.post(
    "/faces",
    summary="Faces of an image, compact",
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "See docs/api.md for the fields."}},
    openapi_extra={"requestBody": {"required": True, "content": {"image/*": {"schema": {"format": "binary"}}}}},
    response_class=Response,
)
async def faces(request: Request, *, crops: bool = False) -> Response:
    """Take the raw bytes of one image; answer MessagePack. With `crops`, each face brings its aligned JPEG."""
    lanes: Lanes = request.state.lanes
    with lanes.place():
        data = await _read(request, lanes.limits.max_bytes)
        found = await lanes.faces(data, crops=crops)
        return Response(pack_faces(found, lanes.models), media_type=MEDIA_TYPE)


@router.post("/vectorize", summary="Faces of an image, for people")
async def vectorize(request: Request, file: Annotated[UploadFile, File()]) -> list[dict[str, Any]]:
    """Take one image as a multipart file; answer box, vector and score of each face."""
    lanes: Lanes = request.state.lanes
    with lanes.place():
        return describe_faces(await lanes.faces(await file.read()))


@router.get("/vectorize", summary="Whether the service is there", response_class=PlainTextResponse)
async def vectorize_health() -> str:
    """Answer ``OK``."""
    return "OK"


@router.get("/models", summary="Known models and the ones in use")
async def models(request: Request) -> dict[str, Any]:
    """Answer licence, allowed use, digests, preprocessing, calibration and thresholds of every known model."""
    in_use = request.state.lanes.models
    manifest = read_manifest()
    known: list[DetectorManifest | EmbedderManifest] = [*manifest.detectors, *manifest.embedders]
    # A folder may hold a model that the manifest does not know.
    known += [model for model in (in_use.detector_manifest, in_use.embedder_manifest) if model not in known]
    return {
        "active": {"detector": in_use.detector_id, "embedder": in_use.embedder_id},
        "models": [model.model_dump(exclude={"input_shape"}) for model in known],
    }


@router.get("/health/live", summary="Whether the process runs")
async def live() -> dict[str, str]:
    """Answer as long as the process can."""
    return {"status": "live"}


@router.get("/health/ready", summary="Whether images are taken")
async def ready(request: Request) -> dict[str, str]:
    """Answer once the networks are open and have run; the service takes no request before."""
    return {"status": "ready", "model": request.state.lanes.models.embedder_id}


@router.get("/version", summary="Version of the service")
async def service_version() -> dict[str, str]:
    """Answer the version of this package."""
    return {"version": version("faceserver")}


async def _read(request: Request, limit_bytes: int) -> bytes:
    """Collect the body, giving up as soon as it is longer than `limit_bytes`."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > limit_bytes:
            raise ImageTooLarge(limit_bytes)
    return bytes(data)
