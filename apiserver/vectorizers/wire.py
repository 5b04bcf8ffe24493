"""Parses the vectorizer's answers. An unreadable one is VectorizerUnavailable: the peer is not a vectorizer."""

import json
import struct
from enum import StrEnum
from typing import Any, NamedTuple

import msgpack

from apiserver.biometrics.face import Analysis, Face, Image, Quality
from apiserver.biometrics.model import Calibration, Model, Tail, Thresholds
from apiserver.problems import (
    FileEmpty,
    ImageTooCostly,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
    InvalidFileFormat,
    Problem,
    VectorizerBusy,
    VectorizerFailed,
    VectorizerTimeout,
    VectorizerUnavailable,
)


class Preview(NamedTuple):
    """An upright JPEG file, and the width and height of the upright photograph that it shows, to which boxes refer."""

    jpeg: bytes
    width: int
    height: int


class Load(NamedTuple):
    """How much a vectorizer does: its lanes, how many of them work, and how many images wait for one."""

    lanes: int
    busy: int
    waiting: int


class ModelIds(NamedTuple):
    """The ids of the models in use."""

    detector: str
    embedder: str


class Want(StrEnum):
    """What the vectorizer adds on request: to each face, or, as the picture, once."""

    CROPS = "crops"
    QUALITY = "quality"
    PICTURE = "picture"


ENROLMENT_WANTS = frozenset({Want.CROPS, Want.QUALITY})
"""What is stored with an enrolled face."""

_PROBLEM_OF_CODE: dict[str, type[Problem]] = {
    "image-missing": FileEmpty,
    "invalid-file-format": InvalidFileFormat,
    "image-unreadable": ImageUnreadable,
    "image-too-costly": ImageTooCostly,
    "image-too-many-pixels": ImageTooManyPixels,
    "image-too-large": ImageTooLarge,
    "not-aligned": ImageUnreadable,
    "busy": VectorizerBusy,
    "too-many-connections": VectorizerBusy,
    "deadline-exceeded": VectorizerTimeout,
    "upload-timeout": VectorizerTimeout,
    "request-timeout": VectorizerTimeout,
    "internal-error": VectorizerFailed,
    "host-not-accepted": VectorizerUnavailable,
    "secret-required": VectorizerUnavailable,
}

_DIFFERENT_SECRETS = (
    "The vectorizer refuses this gateway: VECTORIZER_SECRET and APISERVER_VECTORIZER_SECRET are not the same."
)
_UNREADABLE = "The vectorizer's answer cannot be read."


def read_analysis(body: bytes) -> Analysis:
    """Return the faces of an image. Raises VectorizerUnavailable."""
    try:
        answer = msgpack.unpackb(body)
        model, image = _model(answer["model"]), answer["image"]
        return Analysis(
            model=model,
            image=_image(image),
            faces=[_face(entry, model.dimension) for entry in answer["faces"]],
            timings=dict(answer["timings"]),
            faces_omitted=int(answer.get("faces_omitted", 0)),  # an older vectorizer omits none
            picture=answer.get("picture"),
        )
    except (ValueError, TypeError, KeyError, AttributeError, struct.error, msgpack.UnpackException) as error:
        raise VectorizerUnavailable(_UNREADABLE) from error


def read_preview(body: bytes) -> Preview:
    """Return the preview of an image. Raises VectorizerUnavailable."""
    try:
        answer = msgpack.unpackb(body)
        return Preview(bytes(answer["jpeg"]), int(answer["width"]), int(answer["height"]))
    except (ValueError, TypeError, KeyError, msgpack.UnpackException) as error:
        raise VectorizerUnavailable(_UNREADABLE) from error


def read_model_in_use(description: object) -> Model:
    """Return the embedder in use from the answer of ``GET /models``. Raises VectorizerUnavailable."""
    try:
        return _model_in_use(dict(description) if isinstance(description, dict) else {})
    except (ValueError, TypeError, KeyError, AttributeError, StopIteration) as error:
        raise VectorizerUnavailable(_UNREADABLE) from error


def read_json(body: bytes) -> object:
    """Return the parsed JSON. Raises VectorizerUnavailable."""
    try:
        return json.loads(body)
    except ValueError as error:
        raise VectorizerUnavailable(_UNREADABLE) from error


def read_load(body: bytes) -> Load | None:
    """Return what a vectorizer that is ready does; an older one does not tell. Raises VectorizerUnavailable."""
    answer = read_json(body)
    try:
        return Load(*(int(answer[name]) for name in Load._fields)) if isinstance(answer, dict) else None
    except (ValueError, TypeError, KeyError):
        return None


def read_model_ids(body: bytes) -> ModelIds:
    """Return the ids of the models in use from the answer of ``GET /models``. Raises VectorizerUnavailable."""
    answer = read_json(body)
    try:
        active = dict(answer["active"]) if isinstance(answer, dict) else {}
        return ModelIds(str(active["detector"]), str(active["embedder"]))
    except (ValueError, TypeError, KeyError) as error:
        raise VectorizerUnavailable(_UNREADABLE) from error


def read_problem(status: int, body: bytes) -> Problem:
    """Return the problem of an answer other than 200, with the vectorizer's own sentence, the most precise one."""
    try:
        problem = json.loads(body)
        detail = _DIFFERENT_SECRETS if problem["code"] == "secret-required" else problem.get("detail")
        return _PROBLEM_OF_CODE[problem["code"]](detail)
    except (ValueError, TypeError, KeyError, AttributeError):
        return VectorizerUnavailable(f"The vectorizer answered with status {status}.")


def _model_in_use(description: dict[str, Any]) -> Model:
    identity = description["active"]["embedder"]
    name, _, digits = identity.partition("@")
    return next(
        _model(model | {"id": identity, "recognizability_floor": (model.get("recognizability") or {}).get("floor")})
        for model in description["models"]
        if model["name"] == name and any(digest.startswith(digits) for digest in model["sha256"])
    )


def _model(entry: dict[str, Any]) -> Model:
    calibration, thresholds, tail = entry["calibration"], entry["thresholds"], entry.get("tail")
    return Model(
        id=entry["id"],
        dimension=entry["dimension"],
        calibration=Calibration(calibration["slope"], calibration["intercept"]),
        thresholds=Thresholds(match=thresholds["match"], review=thresholds["review"]),
        known_tail=Tail(tail["start"], tail["rate"], tail["scale"], tail["shape"]) if tail else None,
        calibrated=entry.get("calibrated", False),
        recognizability_floor=_share(entry.get("recognizability_floor")),
    )


def _image(entry: dict[str, Any]) -> Image:
    orientation = entry.get("orientation", 0)  # an older vectorizer turns nothing
    return Image(entry["media_type"], entry["extension"], entry["width"], entry["height"], orientation)


def _face(entry: dict[str, Any], dimension: int) -> Face:
    left, top, right, bottom = entry["box"]
    embedding = list(struct.unpack(f"<{dimension:d}f", entry["embedding"]))
    landmarks = tuple(struct.iter_unpack("<2f", entry.get("landmarks", b"")))
    quality = entry.get("quality")
    measured = Quality(quality["sharpness"], quality["brightness"]) if quality else None
    recognizability = _share(entry.get("recognizability"))
    box = (left, top, right, bottom)
    return Face(box, entry["score"], embedding, entry.get("crop"), landmarks, measured, recognizability)


def _share(value: float | None) -> float | None:
    """Return a number from 0 to 1, or None if the vectorizer sent none. Raises ValueError or TypeError."""
    if value is not None and not 0 <= value <= 1:
        raise ValueError
    return value
