"""What photographs show, whoever it is."""

from dataclasses import dataclass
from typing import NamedTuple

from faceserver.results.recognition import Box, Decision


class Pose(NamedTuple):
    """Which way a face is turned, in degrees, all 0 towards the camera; good to several degrees, pitch least.

    yaw grows as it turns to the right edge of the picture, pitch as it looks up, roll as it tilts clockwise.
    """

    yaw: float
    pitch: float
    roll: float


class Point(NamedTuple):
    """A place in pixels of the upright photograph."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What was measured of the pixels of a face: docs/quality.md. size: of the box, its shorter side in pixels."""

    sharpness: float
    brightness: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedFace:
    """A face. landmarks: eye, eye, nose, corner and corner of the mouth; left before right as seen."""

    box: Box
    score: float
    landmarks: tuple[Point, ...]
    quality: Quality | None
    pose: Pose


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The faces of a photograph, best score first. width, height: of the upright photograph, pixels."""

    faces: tuple[DetectedFace, ...]
    model: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedFace:
    """A detected face. embedding: of length 1."""

    box: Box
    score: float
    embedding: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Embeddings:
    """The faces of a photograph, best score first. width, height: of the upright photograph, pixels."""

    faces: tuple[EmbeddedFace, ...]
    model: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFace:
    """Where a face is, and how sure the detector is of it."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairThresholds:
    """The cosines from which two faces are one person, or may be. calibrated: whether measured with this model."""

    match: float
    review: float
    calibrated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPair:
    """Two faces, by their places in the lists of the comparison, and whether they are one person."""

    source: int
    target: int
    similarity: float
    probability: float
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Every face of one photograph against every face of another, the most similar pair first."""

    source_faces: tuple[ComparedFace, ...]
    target_faces: tuple[ComparedFace, ...]
    comparisons: tuple[ComparedPair, ...]
    thresholds: PairThresholds
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Whether a photograph shows the person whom it is said to show.

    similarity: to their most similar face; None where they have none of this model.
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
