"""What photographs show, and who it is."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import AliasChoices, AliasPath, Field

Decision = Literal["match", "review", "unknown"]


class Box(NamedTuple):
    """Where a face is, in pixels of the upright photograph."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentWarning:
    """What speaks against a face that was enrolled all the same.

    value: what was measured, limit: what it passes. person: whom the face resembles, where that is it.
    """

    code: str
    detail: str
    value: float
    limit: float
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A learned face. created: False where this photograph of this person had been learned before."""

    person: Annotated[str, Field(validation_alias=AliasPath("persons", 0, "id"))]
    face: Annotated[str, Field(validation_alias=AliasPath("persons", 0, "face"))]
    box: Annotated[Box, Field(validation_alias=AliasPath("persons", 0, "box"))]
    score: Annotated[float, Field(validation_alias=AliasPath("persons", 0, "score"))]
    created: bool
    warnings: tuple[EnrolmentWarning, ...]
    directory: str
    model: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An enrolled person whom a face resembles, by their most similar face. similarity: cosine, -1 to 1."""

    person: Annotated[str, Field(validation_alias=AliasChoices("id", "person"))]
    similarity: float
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedFace:
    """A detected face and who it is.

    person: None where the decision is `unknown`. similarity: the best candidate's cosine, None where nobody is
    enrolled. probability: 0 to 1. score: how sure the detector is of the face. candidates: best first.
    """

    person: Annotated[str | None, Field(validation_alias="id")] = None
    decision: Decision
    similarity: float | None
    probability: float
    box: Box
    score: float
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The cosines that decide, and what made them; docs/thresholds.md explains both."""

    match: float
    review: float
    source: str
    fpir: float
    faces: int
    calibrated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """The faces of a photograph, best score first. url: where it is kept for a while, None if it is not."""

    faces: Annotated[tuple[RecognizedFace, ...], Field(validation_alias="persons")]
    thresholds: Thresholds
    directory: str
    model: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPhotograph:
    """One photograph of several on which nobody could be looked for, and why."""

    filename: str
    code: str
    sentence: Annotated[str, Field(validation_alias="status")]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifiedFace:
    """Who an embedding is; the fields are those of a `RecognizedFace`."""

    person: str | None = None
    decision: Decision
    similarity: float | None
    probability: float
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """Who the embeddings are, in the order they were given in."""

    results: tuple[IdentifiedFace, ...]
    thresholds: Thresholds
    model: str
