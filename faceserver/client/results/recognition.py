"""Results of learning, recognition and identification."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import AliasChoices, AliasPath, Field

Decision = Literal["match", "review", "unknown"]


class Box(NamedTuple):
    """The bounding box of a face, in pixels of the upright photograph."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentWarning:
    """A doubt about a face that was enrolled.

    value: the measured value, limit: the limit it exceeds. person: the enrolled person whom the face resembles, if that
    is the doubt.
    """

    code: str
    detail: str
    value: float
    limit: float
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A learned face. created: False if this photograph of this person was learned before.

    recognizability: the chance that it matches a good photograph of the same person; None if it was not measured.
    orientation: degrees clockwise by which the photograph was turned so that its faces were upright.
    faces_omitted: how many more faces it shows than were considered; of a crowd the largest are.
    """

    person: Annotated[str, Field(validation_alias=AliasPath("persons", 0, "id"))]
    face: Annotated[str, Field(validation_alias=AliasPath("persons", 0, "face"))]
    box: Annotated[Box, Field(validation_alias=AliasPath("persons", 0, "box"))]
    score: Annotated[float, Field(validation_alias=AliasPath("persons", 0, "score"))]
    recognizability: Annotated[float | None, Field(validation_alias=AliasPath("persons", 0, "recognizability"))] = None
    created: bool
    warnings: tuple[EnrolmentWarning, ...]
    directory: str
    model: str
    url: str
    orientation: int = 0
    faces_omitted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An enrolled person that a face resembles. similarity: cosine to their most similar face, -1 to 1."""

    person: Annotated[str, Field(validation_alias=AliasChoices("id", "person"))]
    similarity: float
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedFace:
    """A detected face and its identity.

    person: None if the decision is `unknown`. similarity: the best candidate's cosine, None if nobody is enrolled.
    probability: 0 to 1. score: the detector's confidence. candidates: best first. reason: `unrecognizable` if the
    recognizability is below the floor, which makes the decision `unknown`.
    """

    person: Annotated[str | None, Field(validation_alias="id")] = None
    decision: Decision
    similarity: float | None
    probability: float
    box: Box
    score: float
    candidates: tuple[Candidate, ...]
    reason: str | None = None
    recognizability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The cosines that determine a decision, and their source; see docs/thresholds.md.

    recognizability_floor: faces below it are unknown; 0: none is. None if the model does not measure recognizability.
    """

    match: float
    review: float
    source: str
    fpir: float
    faces: int
    calibrated: bool
    recognizability_floor: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionWarning:
    """Why nobody was recognized, such as a directory that does not exist, or that the photograph was not kept."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """The faces of a photograph, best score first. url: of the photograph while it is stored, None if it is not.

    orientation: degrees clockwise by which it was turned so that its faces were upright; boxes are as before that.
    faces_omitted: how many more faces it shows; of a crowd the largest faces are returned.
    """

    faces: Annotated[tuple[RecognizedFace, ...], Field(validation_alias="persons")]
    thresholds: Thresholds
    directory: str
    model: str
    url: str | None
    warnings: tuple[RecognitionWarning, ...] = ()
    orientation: int = 0
    faces_omitted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPhotograph:
    """One photograph of several that was refused, and the reason."""

    filename: str
    code: str
    sentence: Annotated[str, Field(validation_alias="status")]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifiedFace:
    """The identity of an embedding; the fields are those of a `RecognizedFace`."""

    person: str | None = None
    decision: Decision
    similarity: float | None
    probability: float
    candidates: tuple[Candidate, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """The identities of embeddings, in the order given."""

    results: tuple[IdentifiedFace, ...]
    thresholds: Thresholds
    model: str
    warnings: tuple[RecognitionWarning, ...] = ()
