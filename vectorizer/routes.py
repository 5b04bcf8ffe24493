"""The calls that the vectorizer answers."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from math import inf
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.datastructures import UploadFile

from serving.hang_up import while_connected
from serving.pace import Pace
from vectorizer import preview as previews
from vectorizer.drawing import draw
from vectorizer.lanes import Job, Lanes
from vectorizer.networks.models import ModelSource
from vectorizer.networks.orientation import Orientation
from vectorizer.networks.tiles import Detail
from vectorizer.packs.manifest import DetectorManifest, EmbedderManifest, read_manifest
from vectorizer.pipeline import Look, Want
from vectorizer.problems import DeadlineExceeded, ImageTooLarge, NotReady, UploadTimeout
from vectorizer.wire import MEDIA_TYPE, describe_faces, pack_faces, pack_preview

router = APIRouter()

_MULTIPART = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
            }
        },
    }
}

_ENVELOPE_BYTES = 65_536
"""What a form may add to the bytes of its image."""

DeadlineHeader = Annotated[
    float | None, Header(description="Milliseconds for which the caller waits; work that would start later is refused.")
]

DetectorScore = Annotated[
    float, Query(ge=0, le=1, description="The score of the face when it was detected; recognizability depends on it.")
]

Wants = Annotated[
    frozenset[Want],
    Query(
        description="What is added to each face: `crops`, its aligned JPEG; `quality`, its sharpness and brightness. "
        "`picture` adds the upright image as a new JPEG, without metadata. May be repeated."
    ),
]

OrientationParameter = Annotated[
    Orientation,
    Query(description="`auto` turns an image whose faces are not upright; `as-sent` takes it as it is, after EXIF."),
]

DetailParameter = Annotated[
    Detail,
    Query(description="`auto` also searches large images in tiles, `full` all images, `fast` none."),
]

MaxSide = Annotated[int, Query(ge=16, le=4096, description="Longer side of the JPEG at most, pixels.")]

MaxFaces = Annotated[
    int | None,
    Query(
        ge=1, description="Number of faces that are embedded, the largest ones; the service's own limit holds as well."
    ),
]


@router.post(
    "/faces",
    summary="Faces of an image, compact",
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "See docs/api.md for the fields."}},
    openapi_extra={"requestBody": {"required": True, "content": {"image/*": {"schema": {"format": "binary"}}}}},
    response_class=Response,
)
async def faces(
    request: Request,
    *,
    want: Wants = frozenset(),
    orientation: OrientationParameter = Orientation.AUTO,
    detail: DetailParameter = Detail.AUTO,
    max_faces: MaxFaces = None,
    x_deadline_ms: DeadlineHeader = None,
) -> Response:
    """Take the raw bytes of one image; answer MessagePack."""
    lanes: Lanes = request.state.lanes
    deadline = _deadline(x_deadline_ms)
    with lanes.slot():
        data = await _read(request, lanes.limits.max_bytes, deadline)
        async with while_connected(request.receive):
            found = await lanes.faces(Job(data, want, Look(orientation, detail, max_faces), deadline=deadline))
        return Response(pack_faces(found, lanes.source), media_type=MEDIA_TYPE)


@router.post(
    "/drawing",
    summary="An image with its faces marked",
    responses={200: {"content": {"image/jpeg": {}}, "description": "All pixels of the upright image."}},
    openapi_extra={"requestBody": {"required": True, "content": {"image/*": {"schema": {"format": "binary"}}}}},
    response_class=Response,
)
async def drawing(
    request: Request,
    *,
    min_score: float = 0,
    min_size: float = 0,
    orientation: OrientationParameter = Orientation.AUTO,
    detail: DetailParameter = Detail.AUTO,
    x_deadline_ms: DeadlineHeader = None,
) -> Response:
    """Take the raw bytes of one image; answer a JPEG with the boxes and landmarks of the faces drawn on it."""
    lanes: Lanes = request.state.lanes
    deadline = _deadline(x_deadline_ms)
    with lanes.slot():
        data = await _read(request, lanes.limits.max_bytes, deadline)
        async with while_connected(request.receive):
            job = Job(data, look=Look(orientation, detail), deadline=deadline)
            drawn = await lanes.run(job, partial(draw, min_score=min_score, min_size=min_size))
        return Response(drawn, media_type="image/jpeg")


@router.post(
    "/preview",
    summary="An image as a JPEG of bounded size",
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "A map of `jpeg`, `width` and `height`."}},
    openapi_extra={"requestBody": {"required": True, "content": {"image/*": {"schema": {"format": "binary"}}}}},
    response_class=Response,
)
async def preview(request: Request, *, max_side: MaxSide = 2048, x_deadline_ms: DeadlineHeader = None) -> Response:
    """Take the raw bytes of one image; answer MessagePack: the upright JPEG, and the size of the upright image."""
    lanes: Lanes = request.state.lanes
    deadline = _deadline(x_deadline_ms)
    with lanes.slot():
        data = await _read(request, lanes.limits.max_bytes, deadline)
        async with while_connected(request.receive):
            shown = await lanes.decode(Job(data, deadline=deadline), partial(previews.preview, max_side=max_side))
        return Response(pack_preview(shown), media_type=MEDIA_TYPE)


@router.post(
    "/crops",
    summary="Embedding of an aligned face",
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "The map of `POST /faces`, with one face."}},
    openapi_extra={"requestBody": {"required": True, "content": {"image/*": {"schema": {"format": "binary"}}}}},
    response_class=Response,
)
async def crops(request: Request, *, score: DetectorScore = 1, x_deadline_ms: DeadlineHeader = None) -> Response:
    """Take the raw bytes of a face as `POST /faces` crops it; answer MessagePack. Nothing is detected."""
    lanes: Lanes = request.state.lanes
    deadline = _deadline(x_deadline_ms)
    with lanes.slot():
        data = await _read(request, lanes.limits.max_bytes, deadline)
        job = Job(data, aligned=True, score=score, deadline=deadline)
        async with while_connected(request.receive):
            found = await lanes.faces(job)
        return Response(pack_faces(found, lanes.source), media_type=MEDIA_TYPE)


@router.post("/vectorize", summary="Faces of an image, for people", openapi_extra=_MULTIPART)
async def vectorize(request: Request) -> list[dict[str, Any]]:
    """Take one image as a multipart file; answer box, vector and score of each face."""
    lanes: Lanes = request.state.lanes
    with lanes.slot():
        data = await _read_form(request, lanes.limits.max_bytes)
        async with while_connected(request.receive):
            found = await lanes.faces(Job(data))
        return describe_faces(found)


@router.get("/vectorize", summary="Whether the service is reachable", response_class=PlainTextResponse)
async def vectorize_health() -> str:
    """Answer ``OK``."""
    return "OK"


@router.get("/models", summary="Known models and the two in use")
async def models(request: Request) -> dict[str, Any]:
    """Answer licence, allowed use, digests, preprocessing, calibration and thresholds of every known model."""
    in_use: ModelSource = request.state.lanes.source
    manifest = read_manifest()
    known: list[DetectorManifest | EmbedderManifest] = [*manifest.detectors, *manifest.embedders]
    # A model from a folder may be missing from the manifest.
    known += [model for model in (in_use.detector, in_use.embedder) if model not in known]
    return {
        "active": {"detector": in_use.detector_id, "embedder": in_use.embedder_id},
        "models": [model.model_dump(exclude={"input_shape", "narrow_groups"}) for model in known],
    }


@router.get("/health/live", summary="Whether the process runs")
async def live() -> dict[str, str]:
    """Answer while the process runs."""
    return {"status": "live"}


@router.get("/health/ready", summary="Whether images are accepted")
async def ready(request: Request) -> dict[str, str | int]:
    """Answer once the networks are loaded and have run; the service accepts requests only then.

    It says how many lanes work, and how many images wait for one.

    Raises NotReady while every lane is past its deadline.
    """
    lanes: Lanes = request.state.lanes
    if lanes.overdue == lanes.lanes:
        raise NotReady
    return {
        "status": "ready",
        "model": lanes.source.embedder_id,
        "lanes": lanes.lanes,
        "busy": lanes.busy,
        "waiting": max(0, lanes.taken - lanes.busy),
    }


@router.get("/version", summary="Version of the service")
async def service_version() -> dict[str, str]:
    """Answer the version of this package."""
    return {"version": version("faceserver")}


def _deadline(milliseconds: float | None) -> float:
    return time.monotonic() + (milliseconds / 1000 if milliseconds is not None else inf)


async def _read(request: Request, limit_bytes: int, deadline: float) -> bytes:
    """Return the body. Raises ImageTooLarge above `limit_bytes`, UploadTimeout, or DeadlineExceeded."""
    data = bytearray()
    async with _in_time(deadline):
        async for chunk in _paced(request).stream():
            data += chunk
            if len(data) > limit_bytes:
                raise ImageTooLarge(limit_bytes)
    return bytes(data)


async def _read_form(request: Request, limit_bytes: int) -> bytes:
    """Return the form's `file`. Raises ImageTooLarge, without reading, if the body is too long or of unknown length."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > limit_bytes + _ENVELOPE_BYTES:
        raise ImageTooLarge(limit_bytes)
    async with _in_time(inf), _paced(request).form(max_files=1) as form:
        file = form.get("file")
        return await file.read() if isinstance(file, UploadFile) else b""


def _paced(request: Request) -> Request:
    """Return the request with a body that must arrive at the minimum rate, else reading it raises TimeoutError."""
    pace: Pace = request.state.pace
    return Request(request.scope, pace.on(request.receive))


@asynccontextmanager
async def _in_time(deadline: float) -> AsyncIterator[None]:
    """Raise DeadlineExceeded unless the block ends in time, and UploadTimeout if the body is too slow."""
    try:
        async with asyncio.timeout(deadline - time.monotonic()) as scope:
            yield
    except TimeoutError as error:
        raise (DeadlineExceeded if scope.expired() else UploadTimeout) from error
