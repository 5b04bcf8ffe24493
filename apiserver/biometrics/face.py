"""Photographs, the faces on them, and the persons that they resemble."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from apiserver.biometrics.model import Model

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the upright image."""

Embedding = list[float]
"""An L2-normalised vector of the model's dimension."""

Landmarks = tuple[tuple[float, ...], ...]
"""Five x, y in pixels of the upright image: eye, eye, nose, mouth corner, mouth corner, left before right as seen."""


@dataclass(frozen=True, slots=True)
class Image:
    """The properties of an encoded image; width and height in pixels of the upright image.

    orientation: degrees clockwise by which it was turned, after its EXIF orientation, so that its faces were upright.
    """

    media_type: str
    extension: str
    width: int
    height: int
    orientation: int = 0


class Orientation(StrEnum):
    """How a photograph is looked at: `auto`, in the turn in which its faces are upright; `as-sent`, only as it is."""

    AUTO = "auto"
    AS_SENT = "as-sent"


class Detail(StrEnum):
    """How closely a photograph is looked at: `auto`, in parts if it is large; `fast`, never; `full`, always."""

    AUTO = "auto"
    FAST = "fast"
    FULL = "full"


class Look(NamedTuple):
    """How a photograph is looked at. max_faces: embedded, the largest ones; None for as many as the vectorizer may."""

    orientation: Orientation = Orientation.AUTO
    detail: Detail = Detail.AUTO
    max_faces: int | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """What the vectorizer measured on the aligned face.

    sharpness: about 0.75 for a sharp face, 0 for a flat surface. brightness: mean luma, 0 black to 1 white.
    """

    sharpness: float
    brightness: float


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A detected face: its box, the detector's score, an L2-normalised embedding, its crop.

    landmarks: empty if the vectorizer sent none. quality: None if it was not requested, or not measured.
    recognizability: the chance, 0 to 1, that the face matches a good photograph of the same person; None if the model
    does not measure it.
    """

    box: Box
    score: float
    embedding: Embedding
    crop: bytes | None = None
    landmarks: Landmarks = ()
    quality: Quality | None = None
    recognizability: float | None = None

    @property
    def probe(self) -> "Probe":
        """What a search needs of the face."""
        return Probe(self.embedding, self.recognizability)

    @property
    def size(self) -> int:
        """The shorter side of the box, pixels."""
        left, top, right, bottom = self.box
        return min(right - left, bottom - top)


class Probe(NamedTuple):
    """The embedding of a face to identify, and its recognizability, None if that is unknown."""

    embedding: Embedding
    recognizability: float | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """One image as the vectorizer saw it. `faces` come best score first, `timings` are stages in milliseconds.

    faces_omitted: how many more, smaller faces it has than are embedded. picture: the upright image as a new JPEG file,
    if it was asked for.
    """

    model: Model
    image: Image
    faces: Sequence[Face]
    timings: dict[str, float]
    faces_omitted: int = 0
    picture: bytes | None = None

    def select(self, *, min_score: float, min_size: int) -> list[Face]:
        """Return the faces with at least this score and, on the shorter side of the box, this many pixels."""
        return [face for face in self.faces if face.score >= min_score and face.size >= min_size]


class FaceOrigin(StrEnum):
    """Where the embedding of an enrolled face comes from: a photograph, a crop, or a bundle that was trusted.

    A bundle's embedding that agrees with the crop counts as the crop's.
    """

    PHOTOGRAPH = "photograph"
    CROP = "crop"
    BUNDLE = "bundle"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An enrolled person and the best cosine of any of their faces with the probe."""

    person: str
    similarity: float
