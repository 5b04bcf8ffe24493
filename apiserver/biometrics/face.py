"""What a face, a candidate and a decision are, and the pure functions between them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the upright image."""

Embedding = list[float]
"""An L2-normalised vector of the model's dimension."""

Landmarks = tuple[tuple[float, ...], ...]
"""Five x, y in pixels of the upright image: eye, eye, nose, mouth corner, mouth corner, left before right as seen."""


class Decision(StrEnum):
    """What a similarity means: the same person, perhaps the same person, an unknown person."""

    MATCH = "match"
    REVIEW = "review"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The cosines from which a candidate is a match, or worth a review; `review` is at most `match`."""

    match: float
    review: float

    def with_match(self, match: float) -> "Thresholds":
        """Return thresholds with another `match`; if that is below `review`, there is no review band."""
        return Thresholds(match=match, review=min(self.review, match))

    def decide(self, similarity: float) -> Decision:
        """Return what the cosine `similarity` of the best candidate means."""
        if similarity >= self.match:
            return Decision.MATCH
        return Decision.REVIEW if similarity >= self.review else Decision.UNKNOWN


@dataclass(frozen=True, slots=True)
class Tail:
    """How often two different people reach a high similarity: a generalized Pareto tail.

    P(cosine >= t) = rate * (1 + shape * (t - start) / scale) ** (-1 / shape) for t >= start, and an exponential at
    shape 0 (Balkema and de Haan 1974, Pickands 1975: the excess over a high threshold tends to this form).
    """

    start: float
    rate: float
    scale: float
    shape: float

    @classmethod
    def through(cls, thresholds: Thresholds) -> "Tail":
        """Return the exponential through a `match` at FMR 1e-5 and a `review` at 1e-4, for a model without a tail.

        Measured tails fall faster than an exponential, so this one errs towards `unknown` in large directories.
        """
        decade = max(thresholds.match - thresholds.review, _MIN_DECADE)
        return cls(start=thresholds.match - decade, rate=1e-4, scale=decade / math.log(10), shape=0.0)

    def cosine(self, false_match_rate: float) -> float:
        """Return the threshold, at most 1, that different people reach with this probability.

        For a rate above the tail's own it is the tail's start: the tail does not describe lower cosines.
        """
        rarity = math.log(self.rate / false_match_rate)
        if rarity <= 0:
            return self.start
        growth = math.expm1(self.shape * rarity) / self.shape if self.shape else rarity
        return min(1.0, self.start + self.scale * growth)


_MIN_DECADE = 0.01
"""The difference of cosine between FMR 1e-4 and 1e-5 is taken to be at least this."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic from cosine to the probability that both faces are one person, at even prior."""

    slope: float
    intercept: float

    def probability(self, similarity: float) -> float:
        """Return a value in [0, 1], monotone in `similarity`."""
        return 1.0 / (1.0 + math.exp(-(self.slope * similarity + self.intercept)))


@dataclass(frozen=True, slots=True)
class Model:
    """The embedder whose embeddings may be compared with each other, and how to read their cosines.

    calibrated: whether the numbers were measured with this model; otherwise they are those of another one.
    """

    id: str
    dimension: int
    calibration: Calibration
    thresholds: Thresholds
    known_tail: Tail | None = None
    calibrated: bool = False

    @property
    def tail(self) -> Tail:
        """The tail of impostor scores; estimated from the thresholds if it was not measured."""
        return self.known_tail or Tail.through(self.thresholds)


@dataclass(frozen=True, slots=True)
class Image:
    """The properties of an encoded image; width and height in pixels of the upright image."""

    media_type: str
    extension: str
    width: int
    height: int


class Photograph(NamedTuple):
    """An encoded image, and its properties."""

    content: bytes
    image: Image


@dataclass(frozen=True, slots=True)
class Quality:
    """What the vectorizer measured on the aligned face.

    sharpness: about 0.75 for a sharp face, 0 for a flat surface. brightness: mean luma, 0 black to 1 white.
    """

    sharpness: float
    brightness: float


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A detected face: its place, the detector's score, an L2-normalised embedding, its crop.

    landmarks: empty if the vectorizer sent none. quality: None if it was not requested, or not measured.
    """

    box: Box
    score: float
    embedding: Embedding
    crop: bytes | None = None
    landmarks: Landmarks = ()
    quality: Quality | None = None

    @property
    def size(self) -> int:
        """The shorter side of the box, pixels."""
        left, top, right, bottom = self.box
        return min(right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class Analysis:
    """One image as the vectorizer saw it. `faces` come best score first, `timings` are stages in milliseconds."""

    model: Model
    image: Image
    faces: Sequence[Face]
    timings: dict[str, float]

    def select(self, *, min_score: float, min_size: int) -> list[Face]:
        """Return the faces with at least this score and, on the shorter side of the box, this many pixels."""
        return [face for face in self.faces if face.score >= min_score and face.size >= min_size]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An enrolled person and the best cosine of any of their faces with the probe."""

    person: str
    similarity: float


class FaceChoice(StrEnum):
    """Which face is taken if a photograph shows several."""

    ONLY = "only"
    LARGEST = "largest"
    CENTER = "center"


MIN_OVERLAP = 0.3
"""The intersection over union from which a box refers to a face."""


def choose_in_box(faces: Sequence[Face], box: Box) -> Face | None:
    """Return the face that `box` overlaps most, or None if it overlaps none enough."""
    best = max(faces, key=lambda face: overlap(face.box, box), default=None)
    return best if best and overlap(best.box, box) >= MIN_OVERLAP else None


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes, 0 to 1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0, width) * max(0, height)
    return shared / (_box_area(one) + _box_area(other) - shared) if shared else 0.0


def choose(faces: Sequence[Face], choice: FaceChoice, image: Image) -> Face | None:
    """Return the face that `choice` selects, or None if there is none."""
    if choice is FaceChoice.ONLY:
        return faces[0] if len(faces) == 1 else None
    order: Callable[[Face], float] = _area if choice is FaceChoice.LARGEST else lambda face: -_off_centre(face, image)
    return max(faces, key=order, default=None)


def _area(face: Face) -> float:
    return _box_area(face.box)


def _box_area(box: Box) -> int:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)


def _off_centre(face: Face, image: Image) -> float:
    """Return the distance of the face's centre from the image's, in pixels."""
    left, top, right, bottom = face.box
    return math.hypot((left + right - image.width) / 2, (top + bottom - image.height) / 2)
