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
    """A detected face. landmarks: eyes, nose, corners of the mouth; left before right in the picture."""

    box: Box
    score: float
    landmarks: tuple[Point, ...]
    quality: Quality | None
    pose: Pose


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The faces of a photograph, best score first. width, height: of the upright photograph, pixels.

    orientation: degrees clockwise by which it was turned so that its faces were upright; boxes are as before that.
    """

    faces: tuple[DetectedFace, ...]
    model: str
    width: int
    height: int
    orientation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedFace:
    """A detected face with its embedding, of length 1."""

    box: Box
    score: float
    embedding: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Embeddings:
    """The faces of a photograph, best score first. width, height: of the upright photograph, pixels.

    orientation: degrees clockwise by which it was turned so that its faces were upright; boxes are as before that.
    """

    faces: tuple[EmbeddedFace, ...]
    model: str
    width: int
    height: int
    orientation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFace:
    """A compared face. score: the detector's confidence."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairThresholds:
    """Minimum cosines of a match and of a review. calibrated: whether they were measured with this model."""

    match: float
    review: float
    calibrated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPair:
    """The decision about two faces, given by their indexes in the lists of the comparison."""

    source: int
    target: int
    similarity: float
    probability: float
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Every face of one photograph compared with every face of another, the most similar pair first.

    source_orientation, target_orientation: degrees clockwise by which they were turned to make their faces upright.
    """

    source_faces: tuple[ComparedFace, ...]
    target_faces: tuple[ComparedFace, ...]
    comparisons: tuple[ComparedPair, ...]
    thresholds: PairThresholds
    model: str
    source_orientation: int = 0
    target_orientation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Whether a photograph shows the claimed person.

    similarity: to their most similar face; None if they have no face of this model.
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
    orientation: int = 0
