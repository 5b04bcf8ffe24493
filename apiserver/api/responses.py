"""The answers of the gateway."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from apiserver.api.fields import (
    BoxPixels,
    Cosine,
    DetectorScore,
    DirectoryName,
    EnrolmentWarning,
    ModelId,
    PersonId,
    Probability,
    rounded,
)
from apiserver.biometrics.face import Decision, Face, Model
from apiserver.directories.thresholds import Applied, Source
from apiserver.enrolment.gallery import Enrolment
from apiserver.recognition.candidates import Identity
from apiserver.recognition.recognizing import Recognized
from apiserver.search.planning import Path


class LearnedPerson(BaseModel):
    """The person that was learned."""

    id: PersonId
    box: BoxPixels
    score: DetectorScore
    face: str = Field(examples=["f323466b-1e04-4d87-80eb-e950fde57ede"])


class Candidate(BaseModel):
    """An enrolled person whom a face resembles."""

    id: PersonId
    similarity: Cosine
    probability: Probability


class RecognizedPerson(BaseModel):
    """A detected face; `id` is absent when the decision is `unknown`."""

    id: PersonId | None = None
    box: BoxPixels
    score: DetectorScore
    probability: Probability
    similarity: Cosine | None
    decision: Decision
    candidates: list[Candidate]
    search: Path = Field(description="How it was found: by all embeddings, by their codes first, or by a graph.")


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


class _Answer(BaseModel):
    status: Literal["OK"]
    url: str | None = Field(examples=["/files/2c116cd3-eff0-8136-b4d5-5e476fa58ff7.jpg"])
    filename: str = Field(examples=["portrait.jpg"])
    directory: DirectoryName
    model: ModelId


class LearnAnswer(_Answer):
    """The success of /learn; `created` is false when this photograph of this person was learned before."""

    persons: list[LearnedPerson]
    created: bool
    warnings: list[EnrolmentWarning]


class RecognizeAnswer(_Answer):
    """The success of /recognize: one entry for each detected face, best score first, and the thresholds."""

    persons: list[RecognizedPerson]
    thresholds: AppliedThresholds


def file_url(key: str | None) -> str | None:
    """Return the path from which the image can be fetched, if it is kept."""
    return f"/files/{key}" if key else None


def learned_person(person: str, enrolment: Enrolment) -> LearnedPerson:
    """Return the entry for the one person of /learn."""
    return LearnedPerson(id=person, box=list(enrolment.box), score=rounded(enrolment.score), face=str(enrolment.face))


def recognize_answer(
    filename: str, directory: str, faces: Sequence[Face], model: Model, recognized: Recognized
) -> RecognizeAnswer:
    """Return the answer about one photograph."""
    return RecognizeAnswer(
        status="OK",
        url=file_url(recognized.image_key),
        filename=filename,
        directory=directory,
        model=model.id,
        persons=[
            recognized_person(face, identity, model)
            for face, identity in zip(faces, recognized.identities, strict=True)
        ],
        thresholds=applied_thresholds(recognized.applied, model),
    )


def recognized_person(face: Face, identity: Identity, model: Model) -> RecognizedPerson:
    """Return the entry for one face of /recognize."""
    candidates = [
        Candidate(
            id=candidate.person,
            similarity=rounded(candidate.similarity),
            probability=rounded(model.calibration.probability(candidate.similarity)),
        )
        for candidate in identity.candidates
    ]
    best = candidates[0] if candidates else None
    entry = RecognizedPerson(
        box=list(face.box),
        score=rounded(face.score),
        probability=best.probability if best else 0.0,
        similarity=best.similarity if best else None,
        decision=identity.decision,
        candidates=candidates,
        search=identity.path,
    )
    if best and identity.decision is not Decision.UNKNOWN:
        entry.id = best.id
    return entry


def applied_thresholds(applied: Applied, model: Model) -> AppliedThresholds:
    """Return the thresholds as clients read them."""
    return AppliedThresholds(
        match=rounded(applied.thresholds.match),
        review=rounded(applied.thresholds.review),
        source=applied.source,
        fpir=applied.fpir,
        faces=applied.faces,
        calibrated=model.calibrated,
    )
