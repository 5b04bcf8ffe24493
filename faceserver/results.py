"""What the calls of the client answer: frozen, and made only of what the standard library has.

Fields that a newer service adds are passed over. Words are those of docs/glossary.md; the names on the wire, where
they differ, stand beside each field.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import AliasPath, Field

Decision = Literal["match", "review", "unknown"]


class Box(NamedTuple):
    """Where a face is, in pixels of the upright photograph."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A learned face. created: False where this photograph of this person had been learned before."""

    person: Annotated[str, Field(validation_alias=AliasPath("persons", 0, "id"))]
    face: Annotated[str, Field(validation_alias=AliasPath("persons", 0, "face"))]
    box: Annotated[Box, Field(validation_alias=AliasPath("persons", 0, "box"))]
    score: Annotated[float, Field(validation_alias=AliasPath("persons", 0, "score"))]
    created: bool
    directory: str
    model: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An enrolled person whom a face resembles, by their most similar face. similarity: cosine, -1 to 1."""

    person: Annotated[str, Field(validation_alias="id")]
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
class Directory:
    """A directory: what was set (None: left to the service), what it holds for the model in use, and what follows."""

    directory: str
    fpir: float | None
    threshold: float | None
    threshold_model: str | None
    model: str
    persons: int
    faces: int
    thresholds: Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A detector or an embedder that the service knows. licence: SPDX."""

    name: str
    files: tuple[str, ...]
    sha256: tuple[str, ...]
    licence: str
    allowed_use: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The ids of the detector and the embedder in use, and every model that is known."""

    detector: Annotated[str, Field(validation_alias=AliasPath("active", "detector"))]
    embedder: Annotated[str, Field(validation_alias=AliasPath("active", "embedder"))]
    models: tuple[Model, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What answers, and its version."""

    service: str
    version: str
