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
    """What was measured of the pixels of a face: docs/quality.md. size: the shorter side of its box, pixels."""

    sharpness: float
    brightness: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedFace:
    """A face. landmarks: its right eye, left eye, nose, right and left corner of the mouth."""

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
class FacePlace:
    """Where a face is, and how sure the detector is of it."""

    box: Box
    score: float


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
    """Every face of one photograph against every face of another."""

    source_faces: tuple[FacePlace, ...]
    target_faces: tuple[FacePlace, ...]
    comparisons: tuple[ComparedPair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairThresholds:
    """The cosines from which two faces are one person, or may be."""

    match: float
    review: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Whether a photograph shows the person whom it is said to show. similarity: to their most similar face."""

    directory: str
    person: str
    decision: Decision
    similarity: float | None
    probability: float
    box: Box
    score: float
    model: str
    thresholds: PairThresholds
