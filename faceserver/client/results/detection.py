"""Results of detection, embedding and comparison."""

from dataclasses import dataclass
from typing import NamedTuple

from faceserver.client.results.recognition import Box, Decision


class Pose(NamedTuple):
    """The orientation of a face in degrees, 0 towards the camera; accurate to several degrees, pitch least.

    yaw is positive towards the right edge of the picture, pitch upwards, roll clockwise.
    """

    yaw: float
    pitch: float
    roll: float


class Point(NamedTuple):
    """A position in pixels of the upright photograph."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Measured quality of a face; see docs/quality.md. size: shorter side of the box in pixels."""

    sharpness: float
    brightness: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedFace:
    """A detected face. landmarks: eyes, nose, corners of the mouth; left before right in the picture.

    recognizability: the chance that it matches a good photograph of the same person; None if it was not measured.
    """

    box: Box
    score: float
    landmarks: tuple[Point, ...]
    quality: Quality | None
    pose: Pose
    recognizability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The faces of a photograph, best score first. width, height: of the upright photograph, pixels.

    orientation: degrees clockwise by which it was turned so that its faces were upright; boxes are as before that.
    faces_omitted: how many more faces it shows; of a crowd the largest faces are returned.
    """

    faces: tuple[DetectedFace, ...]
    model: str
    width: int
    height: int
    orientation: int = 0
    faces_omitted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedFace:
    """A detected face with its embedding, of length 1. recognizability: to be given to `identify`."""

    box: Box
    score: float
    embedding: tuple[float, ...]
    recognizability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Embeddings:
    """The faces of a photograph, best score first. width, height: of the upright photograph, pixels.

    orientation: degrees clockwise by which it was turned so that its faces were upright; boxes are as before that.
    faces_omitted: how many more faces it shows; of a crowd the largest faces are returned.
    """

    faces: tuple[EmbeddedFace, ...]
    model: str
    width: int
    height: int
    orientation: int = 0
    faces_omitted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFace:
    """A compared face. score: the detector's confidence."""

    box: Box
    score: float
    recognizability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairThresholds:
    """Minimum cosines of a match and of a review. calibrated: whether they were measured with this model.

    recognizability_floor: faces below it are unknown.
    """

    match: float
    review: float
    calibrated: bool
    recognizability_floor: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPair:
    """The decision about two faces, given by their indexes in the lists of the comparison.

    reason: `unrecognizable` if one of the faces is below the floor, which makes the decision `unknown`.
    """

    source: int
    target: int
    similarity: float
    probability: float
    decision: Decision
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Every face of one photograph compared with every face of another, the most similar pair first.

    source_orientation, target_orientation: degrees clockwise by which they were turned to make their faces upright.
    source_faces_omitted, target_faces_omitted: how many more faces they show; of a crowd the largest are compared.
    """

    source_faces: tuple[ComparedFace, ...]
    target_faces: tuple[ComparedFace, ...]
    comparisons: tuple[ComparedPair, ...]
    thresholds: PairThresholds
    model: str
    source_orientation: int = 0
    target_orientation: int = 0
    source_faces_omitted: int = 0
    target_faces_omitted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Whether a photograph shows the claimed person.

    similarity: to their most similar face; None if they have no face of this model. reason: `unrecognizable` if the
    face is below the floor, which makes the decision `unknown`.
    """

    directory: str
    person: str
    decision: Decision
    similarity: float | None
    probability: float
    box: Box
    score: float
    thresholds: PairThresholds
    model: str
    reason: str | None = None
    recognizability: float | None = None
    orientation: int = 0
