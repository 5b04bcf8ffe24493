"""Faces in answers: boxes and landmarks in fractions of the upright photograph, confidences as percentages."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from apiserver.api.rekognition.calls import derived_id, present
from apiserver.biometrics.face import Box, Face, Image
from apiserver.biometrics.quality import QualityLimits, Reason, findings, pose
from apiserver.biometrics.recognizability import is_unrecognizable
from apiserver.people.indexed_faces import IndexedFace

_LANDMARKS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
_DIGITS = 6

_LOW_QUALITY = "LOW_FACE_QUALITY"
_REASONS = {
    Reason.FACE_TOO_SMALL: "SMALL_BOUNDING_BOX",
    Reason.BLURRED: "LOW_SHARPNESS",
    Reason.TOO_DARK: "LOW_BRIGHTNESS",
    Reason.TOO_BRIGHT: _LOW_QUALITY,
    Reason.TURNED_AWAY: "EXTREME_POSE",
}

_LOW = QualityLimits(
    min_face_pixels=20, min_sharpness=0.15, min_brightness=0.08, max_brightness=0.94, max_yaw_degrees=75
)
_MEDIUM = QualityLimits(
    min_face_pixels=30, min_sharpness=0.3, min_brightness=0.14, max_brightness=0.88, max_yaw_degrees=60
)
_FILTERS = {"LOW": _LOW, "AUTO": _LOW, "MEDIUM": _MEDIUM, "HIGH": QualityLimits()}
"""What `QualityFilter` refuses; HIGH is what a directory warns of by default."""


def reasons_against(face: Face, filter_: str, floor: float | None) -> list[str]:
    """Return why a face does not pass a filter, if it does not. A face below the floor passes none."""
    found = findings(face, limits) if (limits := _FILTERS.get(filter_)) else []
    reasons = [_REASONS[finding.reason] for finding in found]
    if is_unrecognizable(face.recognizability, floor):
        reasons.append(_LOW_QUALITY)
    return list(dict.fromkeys(reasons))


def by_size(faces: Sequence[Face]) -> list[Face]:
    """Return faces with the largest box first."""
    return sorted(faces, key=lambda face: _area(face.box), reverse=True)


def bounding_box(box: Box, width: int, height: int) -> dict[str, float]:
    """Return a box in fractions of the photograph."""
    left, top, right, bottom = box
    return {
        "Width": _share(right - left, width),
        "Height": _share(bottom - top, height),
        "Left": _share(left, width),
        "Top": _share(top, height),
    }


def confidence(score: float) -> float:
    """Return the detector's score as a percentage."""
    return round(100 * min(1.0, max(0.0, score)), _DIGITS)


def face_detail(face: Face, image: Image) -> dict[str, Any]:
    """Return the members of a detected face: the set of attributes called DEFAULT."""
    quality = face.quality and {
        "Brightness": confidence(face.quality.brightness),
        "Sharpness": confidence(face.quality.sharpness),
    }
    return present(
        BoundingBox=bounding_box(face.box, image.width, image.height),
        Confidence=confidence(face.score),
        Landmarks=_landmarks(face, image) or None,
        Pose=_pose(face),
        Quality=quality,
    )


def enrolled_face(face: IndexedFace, secret: bytes, directory: str) -> dict[str, Any]:
    """Return the members of an enrolled face."""
    is_known = face.width is not None and face.height is not None
    return present(
        FaceId=str(face.face),
        BoundingBox=bounding_box(face.box, face.width, face.height) if is_known else None,  # type: ignore[arg-type]
        ImageId=str(image_id(secret, directory, face.image_sha256)),
        ExternalImageId=face.external_image_id,
        Confidence=confidence(face.score),
        IndexFacesModelVersion=model_version(face.model),
        UserId=face.user,
    )


def model_version(model: str) -> str:
    """Return the id of a model as a number, which is all that clients expect of a version."""
    return f"1.{int(sha256(model.encode()).hexdigest()[:12], 16)}"


def image_id(secret: bytes, directory: str, digest: bytes) -> UUID:
    """Return the id of the photograph with this SHA-256."""
    return derived_id(secret, "rekognition image", directory, digest)


def face_id(secret: bytes, image: UUID, external_image_id: str | None, model: str, box: Box) -> UUID:
    """Return the id of a face to index: the same photograph under the same name gives no second face."""
    place = ",".join(map(str, box))
    return derived_id(secret, "rekognition face", image.bytes, external_image_id or "", model, place)


def _landmarks(face: Face, image: Image) -> list[dict[str, Any]]:
    return [
        {"Type": name, "X": _share(x, image.width), "Y": _share(y, image.height)}
        for name, (x, y) in zip(_LANDMARKS, face.landmarks, strict=False)
    ]


def _pose(face: Face) -> dict[str, float] | None:
    if not face.landmarks:
        return None
    towards = pose(face.landmarks)
    return {name: round(getattr(towards, name.lower()), _DIGITS) for name in ("Roll", "Yaw", "Pitch")}


def _share(pixels: float, of: int) -> float:
    return round(pixels / of, _DIGITS)


def _area(box: Box) -> int:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)
