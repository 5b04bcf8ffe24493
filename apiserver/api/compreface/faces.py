"""The faces of a photograph as clients of CompreFace read them."""

from collections.abc import Sequence
from typing import Any

from fastapi import Response
from pydantic_core import to_json

from apiserver.access.grants import current_grant
from apiserver.access.scopes import Scope
from apiserver.api.compreface.requests import Parameters
from apiserver.api.fields import rounded_embedding
from apiserver.biometrics.face import Analysis, Face, Look
from apiserver.biometrics.quality import pose
from apiserver.http.multipart import Upload
from apiserver.http.photographs import PhotographCall
from apiserver.problems import NoFace
from apiserver.turns import taking_turns

Fields = dict[str, Any]
"""Members of a JSON object; those without a value are left out."""

_DECIMALS = 5
_DETECTOR, _CALCULATOR, _LANDMARKS, _POSE = "detector", "calculator", "landmarks", "pose"


async def found_faces(call: PhotographCall, upload: Upload, wanted: Parameters) -> tuple[Analysis, list[Face]]:
    """Return what the vectorizer saw of a photograph, and the faces that the parameters ask for, the largest first.

    Raises NoFace, which CompreFace reports for every call, ScopeMissing, or as `analyse` does.
    """
    check_plugins(wanted)
    # Faces with low scores do not count, so that with a least score the largest ones are chosen afterwards.
    look = Look() if wanted.min_score else Look(max_faces=_limit(wanted))
    analysis = await call.analyse(upload, look)
    return analysis, selected(analysis, wanted)


def selected(analysis: Analysis, wanted: Parameters) -> list[Face]:
    """Return the faces of a photograph that the parameters ask for, the largest first. Raises NoFace."""
    faces = sorted(analysis.select(min_score=wanted.min_score, min_size=0), key=_area, reverse=True)
    if not faces:
        raise NoFace
    return faces[: _limit(wanted)]


def check_plugins(wanted: Parameters) -> None:
    """Raise ScopeMissing for embeddings, unless the caller would get them by the service's own call."""
    if _CALCULATOR in wanted.plugins:
        current_grant().require(Scope.EXPORT)


def _limit(wanted: Parameters) -> int | None:
    """Return how many faces are looked at, None for all; of a photograph that is one face, that one."""
    return (wanted.limit or None) if wanted.detects else 1


def face_fields(face: Face, analysis: Analysis, wanted: Parameters) -> Fields:
    """Return a face, with what the parameters ask for."""
    left, top, right, bottom = face.box
    probability = rounded(face.score)
    fields: Fields = {"box": {"probability": probability, "x_max": right, "y_max": bottom, "x_min": left, "y_min": top}}
    if _LANDMARKS in wanted.plugins and face.landmarks:
        fields["landmarks"] = [[round(x), round(y)] for x, y in face.landmarks]
    if _POSE in wanted.plugins and face.landmarks:
        yaw, pitch, roll = pose(face.landmarks)
        fields["pose"] = {"pitch": rounded(pitch), "roll": rounded(roll), "yaw": rounded(yaw)}
    if _CALCULATOR in wanted.plugins:
        fields["embedding"] = rounded_embedding(face.embedding)
    if wanted.status:
        fields["execution_time"] = _execution_time(analysis)
    return fields


async def plugins_versions(call: PhotographCall, wanted: Parameters) -> Fields:
    """Return the plug-ins that an answer was made by, if the parameters ask for them. Raises an Outage."""
    if not wanted.status:
        return {}
    ids = await call.state.vectorizer.model_ids()
    return {"plugins_versions": {_DETECTOR: ids.detector, _CALCULATOR: ids.embedder}}


async def faces_fields(faces: Sequence[Face], analysis: Analysis, wanted: Parameters) -> list[Fields]:
    """Return faces; other requests get their turn between those of a crowd."""
    return [face_fields(face, analysis, wanted) async for face in taking_turns(faces)]


def rounded(value: float) -> float:
    """Round a probability or similarity for an answer."""
    return round(value, _DECIMALS)


def answer(fields: Any, status: int = 200) -> Response:  # noqa: ANN401 - any JSON
    """Return an answer."""
    return Response(to_json(fields), status, media_type="application/json")


def _area(face: Face) -> int:
    left, top, right, bottom = face.box
    return (right - left) * (bottom - top)


def _execution_time(analysis: Analysis) -> Fields:
    """Return the milliseconds of the plug-ins, which work on all faces of a photograph together."""
    detected, embedded = analysis.timings.get("detect", 0.0), analysis.timings.get("embed", 0.0)
    return {_DETECTOR: detected, _CALCULATOR: embedded}
