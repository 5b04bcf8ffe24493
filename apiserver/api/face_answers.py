"""Enrolled faces, and the outcomes of photographs, as clients read them."""

from datetime import datetime
from enum import StrEnum
from typing import Self
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel, Field

from apiserver.api.fields import BoxPixels, DetectorScore, EnrolmentWarning, ModelId, PersonId, rounded
from apiserver.api.responses import file_url
from apiserver.people.faces import EnrolledFace
from apiserver.problems import Problem
from serving.problem_responses import ProblemDetails


class KeptQuality(BaseModel):
    """The measurements of a face when it was enrolled, see docs/quality.md; the angles if there were landmarks."""

    sharpness: float = Field(examples=[0.872])
    brightness: float = Field(examples=[0.547])
    yaw: float | None = Field(None, examples=[-8.4])
    pitch: float | None = Field(None, examples=[3.1])
    roll: float | None = Field(None, examples=[1.2])


class FaceAnswer(BaseModel):
    """An enrolled face of a person."""

    face: UUID
    person: PersonId
    model: ModelId
    box: BoxPixels
    score: DetectorScore
    quality: KeptQuality | None = Field(description="null if nothing was measured.")
    image: str | None = Field(
        description="The photograph that shows it; null for a face imported without.",
        examples=["/files/47aa5e19-c120-84b0-a5a0-d64d932fb8eb.jpg"],
    )
    crop: str = Field(
        description="The aligned face, 112 x 112.",
        examples=["/directories/acme/persons/ann/faces/1120092e-8684-446d-9dd1-6a35418df10e/crop"],
    )
    created_at: datetime

    @classmethod
    def of(cls, directory: str, face: EnrolledFace) -> Self:
        """Return a face as clients read it."""
        person = f"/directories/{quote(directory, safe='')}/persons/{quote(face.person, safe='')}"
        return cls(
            face=face.face,
            person=face.person,
            model=face.model,
            box=list(face.box),
            score=rounded(face.score),
            quality=KeptQuality.model_validate_json(face.quality) if face.quality else None,
            image=file_url(face.image),
            crop=f"{person}/faces/{face.face}/crop",
            created_at=face.created_at,
        )


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


class FileOutcome(BaseModel):
    """The outcome of one photograph, and the doubts about it, as in /learn."""

    filename: str = Field(examples=["ann.jpg"])
    outcome: Outcome
    face: FaceAnswer | None
    warnings: list[EnrolmentWarning]
    problem: FileProblem | None


class AddedFaces(BaseModel):
    """The outcome of each photograph, in order, and the number of each."""

    items: list[FileOutcome]
    created: int
    known: int
    refused: int

    @classmethod
    def of(cls, items: list[FileOutcome]) -> Self:
        """Return the outcomes with their counts."""
        return cls(items=items, **{str(outcome): sum(item.outcome is outcome for item in items) for outcome in Outcome})


class NoneAdded(ProblemDetails, AddedFaces):
    """The problem of photographs that were all refused."""
