"""Fields that several response models share, with their OpenAPI descriptions."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self
from urllib.parse import quote
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field

from apiserver.biometrics.model import Model
from apiserver.biometrics.recognizability import UnknownReason
from apiserver.directories.thresholds import Applied, Source
from apiserver.enrolment import warnings as enrolment_warnings
from apiserver.http.public_addresses import public
from apiserver.problems import Problem
from apiserver.recognition.recognizing import NobodyEnrolled, Recognized
from apiserver.storage.keeping import NotKept

_DECIMALS = 6
_EMBEDDING_DECIMALS = 7

_NOBODY = {
    NobodyEnrolled.DIRECTORY_UNKNOWN: "The directory {} does not exist, so that nobody is recognized in it.",
    NobodyEnrolled.DIRECTORY_EMPTY: "Nobody with a face of the model in use is enrolled in the directory {}.",
}
_NOT_KEPT = {
    NotKept.STORE_UNAVAILABLE: "The photograph is not kept, because the image store is unavailable.",
    NotKept.STORE_FULL: "The photograph is not kept, because the disk of the image store is nearly full.",
    NotKept.DATABASE_READ_ONLY: "The photograph is not kept, because the database only reads at present.",
    NotKept.QUOTA_SPENT: "The photograph is not kept, because the key has spent its stored bytes of today.",
}

PersonId = Annotated[str, Field(examples=["ann"])]
DirectoryName = Annotated[str, Field(examples=["acme"])]
ModelId = Annotated[str, Field(examples=["sface_2021dec@fb143eea0783"])]
BoxPixels = Annotated[
    list[int],
    Field(description="Left, top, right and bottom in pixels of the upright image.", examples=[[178, 63, 268, 176]]),
]
DetectorScore = Annotated[
    float, Field(description="The detector's confidence that this is a face.", examples=[0.931334])
]
OrientationDegrees = Annotated[
    int,
    Field(
        description="Degrees clockwise by which the photograph, after its EXIF orientation, was turned so that its "
        "faces were upright: 0, 90, 180 or 270. Boxes and landmarks are in pixels of the photograph before that turn.",
        examples=[0],
    ),
]
FacesOmitted = Annotated[
    int,
    Field(
        description="Number of faces of the photograph that are not in the answer, which has the largest ones.",
        examples=[0],
    ),
]
Cosine = Annotated[float, Field(description="Cosine similarity of the two embeddings.", examples=[0.712345])]
Probability = Annotated[
    float, Field(description="Probability that both faces are of one person, at even prior.", examples=[0.998877])
]
Recognizability = Annotated[
    float | None,
    Field(
        description="The probability that this face matches a good photograph of the same person, 0 to 1; null if it "
        "was not measured.",
        examples=[0.973],
    ),
]
RecognizabilityFloor = Annotated[
    float | None,
    Field(
        description="Faces with a lower recognizability are `unknown`; 0: no face is. "
        "null if the model does not measure it.",
        examples=[0.562],
    ),
]
ReasonField = Annotated[
    UnknownReason | None,
    Field(description="Why the decision is `unknown` regardless of the similarity; null otherwise."),
]
EmbeddingField = Annotated[
    list[float], Field(description="The embedding, normalized to length 1.", examples=[[0.0314159, -0.0271828]])
]


def rounded(value: float) -> float:
    """Round a score, cosine or probability for a response."""
    return round(value, _DECIMALS)


def rounded_or_none(value: float | None) -> float | None:
    """Round a value for a response, if there is one."""
    return None if value is None else rounded(value)


def rounded_embedding(embedding: Sequence[float]) -> list[float]:
    """Round the values of an embedding for a response, to the precision of float32."""
    return [round(value, _EMBEDDING_DECIMALS) for value in embedding]


class EnrolmentWarning(BaseModel):
    """A warning about an enrolment, with the value that exceeds its limit or falls below it."""

    code: str = Field(examples=["blurred"])
    detail: str = Field(examples=["The face is blurred: hold the camera still, focus on the face, wipe the lens."])
    value: float = Field(examples=[0.31])
    limit: float = Field(examples=[0.45])
    person: PersonId | None = Field(None, description="The person that the face resembles, if that is the warning.")

    @classmethod
    def of(cls, warning: enrolment_warnings.EnrolmentWarning) -> Self:
        """Return the warning as clients read it."""
        value, limit = rounded(warning.value), rounded(warning.limit)
        answer = cls(code=warning.code, detail=warning.detail, value=value, limit=limit)
        if warning.person is not None:
            answer.person = warning.person  # else the answer has no such field
        return answer


class AppliedThresholds(BaseModel):
    """The cosines that decided, and where they come from.

    `match` is made for the rate `fpir` unless the request or the directory set it; `review` for ten times that rate.
    """

    match: float = Field(examples=[0.4987])
    review: float = Field(examples=[0.4546])
    source: Source = Field(description="Where `match` comes from.")
    fpir: float = Field(description="The share of strangers that may be named.", examples=[0.001])
    faces: int = Field(description="The enrolled faces that a face is compared with.", examples=[812])
    calibrated: bool = Field(description="Whether the model's impostor scores were measured; estimated if not.")
    recognizability_floor: RecognizabilityFloor


def applied_thresholds(applied: Applied, model: Model) -> AppliedThresholds:
    """Return the thresholds as clients read them."""
    return AppliedThresholds(
        match=rounded(applied.thresholds.match),
        review=rounded(applied.thresholds.review),
        source=applied.source,
        fpir=applied.fpir,
        faces=applied.faces,
        calibrated=model.calibrated,
        recognizability_floor=applied.floor,
    )


class RecognitionWarning(BaseModel):
    """Why nobody in the directory can be recognized, or that the photograph is not kept."""

    code: Literal["directory-unknown", "directory-empty", "photograph-not-kept"]
    detail: str = Field(examples=["The directory acmee does not exist, so that nobody is recognized in it."])


def recognition_warnings(directory: str, recognized: Recognized) -> list[RecognitionWarning]:
    """Return the warnings about a recognition as clients read them."""
    warnings = []
    if nobody := recognized.nobody:
        warnings.append(RecognitionWarning(code=nobody.value, detail=_NOBODY[nobody].format(directory)))
    if recognized.not_kept:
        warnings.append(RecognitionWarning(code="photograph-not-kept", detail=_NOT_KEPT[recognized.not_kept]))
    return warnings


class Outcome(StrEnum):
    """The outcome of a photograph; `known`: it was enrolled for this person before."""

    CREATED = "created"
    KNOWN = "known"
    REFUSED = "refused"


class FileProblem(BaseModel):
    """Why a photograph was refused."""

    code: str = Field(examples=["several-faces"])
    detail: str = Field(examples=["More than one face detected."])

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Return a problem as clients read it."""
        return cls(code=problem.code, detail=problem.sentence)


def file_url(key: str | None) -> str | None:
    """Return the path from which the image can be fetched, if it is kept."""
    return public(f"/files/{key}") if key else None


def crop_url(directory: str, person: str, face: UUID) -> str:
    """Return the path from which the aligned crop of a face can be fetched."""
    return f"{person_url(directory, person)}/faces/{face}/crop"


def person_url(directory: str, person: str) -> str:
    """Return the path of a person."""
    return public(f"/directories/{quote(directory, safe='')}/persons/{quote(person, safe='')}")


class PhotographAnswer(BaseModel):
    """The common fields of answers about a single photograph."""

    status: Literal["OK"]
    url: str | None = Field(examples=["/files/2c116cd3-eff0-5136-b4d5-5e476fa58ff7.jpg"])
    filename: str = Field(examples=["portrait.jpg"])
    directory: DirectoryName
    model: ModelId
    orientation: OrientationDegrees
    faces_omitted: FacesOmitted


class PhotographsAnswer(BaseModel):
    """The common fields of answers about several photographs."""

    status: Literal["OK"]
    directory: DirectoryName
    model: ModelId


def json_response(answer: BaseModel, status: int) -> Response:
    """Return an answer of /learn or /recognize, without the fields that were not set."""
    return Response(answer.model_dump_json(exclude_unset=True), status, media_type="application/json")
