"""/compare and /verify: compare a face with another, or with a person. No photograph is kept."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from apiserver.access.limits import ANALYSING
from apiserver.access.scopes import Scope
from apiserver.api.fields import (
    BoxPixels,
    Cosine,
    DetectorScore,
    DirectoryName,
    FacesOmitted,
    ModelId,
    OrientationDegrees,
    PersonId,
    Probability,
    ReasonField,
    Recognizability,
    RecognizabilityFloor,
    rounded,
    rounded_or_none,
)
from apiserver.biometrics.choice import FaceChoice
from apiserver.biometrics.comparison import Judgement, Pair, judge, pairs
from apiserver.biometrics.face import Analysis, Face
from apiserver.biometrics.model import Decision, Model
from apiserver.biometrics.recognizability import UnknownReason, unknown_reason
from apiserver.enrolment.gallery import best_similarity
from apiserver.enrolment.gate import chosen_face
from apiserver.http.access.guard import needs
from apiserver.http.admission import PhotographRoute
from apiserver.http.answers import json_answer
from apiserver.http.forms import DirectoryField, FaceField, FileField, LookForm, PersonField
from apiserver.http.photographs import PROBLEMS, PhotographCall
from apiserver.problems import PersonNotFound, VectorizerUnavailable
from apiserver.recognition import sightings
from serving.problem_responses import ProblemDetails

_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": ProblemDetails}}

router = APIRouter(tags=["comparison"], route_class=PhotographRoute)


class CompareForm(LookForm):
    """Two photographs of any number of people."""

    source: FileField
    target: FileField


class VerifyForm(LookForm):
    """A photograph of a person, and the id that the person claims."""

    missing = PersonNotFound  # as in a directory without this person

    person: PersonField
    directory: DirectoryField
    file: FileField
    face: FaceField = FaceChoice.ONLY


class PairThresholds(BaseModel):
    """The model's minimum cosines of two faces of the same person, and of two faces worth a review."""

    match: float = Field(description="Reached by one in 100,000 pairs of different people.", examples=[0.4655])
    review: float = Field(description="Reached by one in 10,000 pairs of different people.", examples=[0.4158])
    calibrated: bool = Field(description="Whether they were measured with this model, or with another one.")
    recognizability_floor: RecognizabilityFloor


class ComparedFace(BaseModel):
    """A detected face."""

    box: BoxPixels
    score: DetectorScore
    recognizability: Recognizability


class Comparison(BaseModel):
    """The comparison of a face of one photograph with a face of the other."""

    source: int = Field(description="Position in `source_faces`, from 0.", examples=[0])
    target: int = Field(description="Position in `target_faces`, from 0.", examples=[0])
    similarity: Cosine
    probability: Probability
    decision: Decision
    reason: ReasonField


_MAX_FACES = 100
"""Faces of each photograph that are compared, the largest ones: all pairs are in the answer, at most 10,000."""


class CompareAnswer(BaseModel):
    """The comparisons of all faces of one photograph with all faces of the other, highest similarity first."""

    model: ModelId
    source_faces: list[ComparedFace]
    target_faces: list[ComparedFace]
    source_orientation: OrientationDegrees
    target_orientation: OrientationDegrees
    source_faces_omitted: FacesOmitted
    target_faces_omitted: FacesOmitted
    comparisons: list[Comparison]
    thresholds: PairThresholds


class VerifyAnswer(BaseModel):
    """The decision about the claim; `similarity` is null for a person without a face of this model."""

    directory: DirectoryName
    person: PersonId
    decision: Decision
    reason: ReasonField
    similarity: Cosine | None
    probability: Probability
    box: BoxPixels
    score: DetectorScore
    recognizability: Recognizability
    orientation: OrientationDegrees
    model: ModelId
    thresholds: PairThresholds


@router.post(
    "/compare",
    response_model=CompareAnswer,
    responses=PROBLEMS,
    openapi_extra={"requestBody": CompareForm.request_body()},
)
@needs(Scope.RECOGNIZE, spends=ANALYSING)
async def compare(request: Request) -> Response:
    """Compare every face of one photograph with every face of another."""
    call = PhotographCall.of(request)
    form = await call.read(CompareForm, max_files=2)
    source, target = await call.analyse_both(form.source, form.target, form.look._replace(max_faces=_MAX_FACES))
    if source.model.id != target.model.id:
        raise VectorizerUnavailable("The vectorizers use different models at the moment.")
    with call.stages.measure("compare"):
        # On a thread, because the faces of two crowds form tens of thousands of pairs.
        comparisons = await asyncio.to_thread(_compared, source, target)
    answer = CompareAnswer(
        model=source.model.id,
        source_faces=[_face(face) for face in source.faces],
        target_faces=[_face(face) for face in target.faces],
        source_orientation=source.image.orientation,
        target_orientation=target.image.orientation,
        source_faces_omitted=source.faces_omitted,
        target_faces_omitted=target.faces_omitted,
        comparisons=comparisons,
        thresholds=_thresholds(source.model, source.model.recognizability_floor),
    )
    return await json_answer(answer)


@router.post(
    "/verify",
    response_model=VerifyAnswer,
    responses=PROBLEMS | _NOT_FOUND,
    openapi_extra={"requestBody": VerifyForm.request_body()},
)
@needs(Scope.RECOGNIZE, spends=ANALYSING)
async def verify(request: Request) -> Response:
    """Verify that a photograph shows the given person."""
    call = PhotographCall.of(request)
    form = await call.read(VerifyForm)
    analysis = await call.analyse(form.file, form.look)
    face = chosen_face(analysis.faces, form.face, None, analysis.image)
    with call.stages.measure("search"):
        floor = await call.state.directories.floor(form.directory, analysis.model)
        similarity = await best_similarity(
            call.state.database, form.directory, form.person, analysis.model.id, face.embedding
        )
    reason = unknown_reason(face.recognizability, floor)
    judgement = _unknown(reason) if similarity is None else _fields(judge(similarity, analysis.model, reason))
    named = [] if judgement["decision"] is Decision.UNKNOWN else [form.person]
    await call.state.reads.recognized(form.directory, named, faces=1)
    if judgement["decision"] is Decision.MATCH:
        with call.stages.measure("note"):
            await sightings.note(call.state.database, form.directory, [(form.person, Decision.MATCH)], None)
    answer = VerifyAnswer(
        directory=form.directory,
        person=form.person,
        **judgement,
        box=list(face.box),
        score=rounded(face.score),
        recognizability=rounded_or_none(face.recognizability),
        orientation=analysis.image.orientation,
        model=analysis.model.id,
        thresholds=_thresholds(analysis.model, floor),
    )
    return Response(answer.model_dump_json(), media_type="application/json")


def _compared(source: Analysis, target: Analysis) -> list[Comparison]:
    by_similarity = sorted(pairs(source.faces, target.faces, source.model), key=_by_similarity, reverse=True)
    return [Comparison(source=pair.source, target=pair.target, **_fields(pair.judgement)) for pair in by_similarity]


def _by_similarity(pair: Pair) -> float:
    return pair.judgement.similarity


def _fields(judgement: Judgement) -> dict[str, Any]:
    """Return the judgement as the fields of an answer."""
    return {
        "similarity": rounded(judgement.similarity),
        "probability": rounded(judgement.probability),
        "decision": judgement.decision,
        "reason": judgement.reason,
    }


def _unknown(reason: UnknownReason | None) -> dict[str, Any]:
    """Return the fields of an answer about a person without a face of this model."""
    return {"similarity": None, "probability": 0.0, "decision": Decision.UNKNOWN, "reason": reason}


def _face(face: Face) -> ComparedFace:
    recognizability = rounded_or_none(face.recognizability)
    return ComparedFace(box=list(face.box), score=rounded(face.score), recognizability=recognizability)


def _thresholds(model: Model, floor: float | None) -> PairThresholds:
    thresholds = model.thresholds
    return PairThresholds(
        match=thresholds.match,
        review=thresholds.review,
        calibrated=model.calibrated,
        recognizability_floor=floor,
    )
