"""/recognize: identify the people on photographs."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from apiserver.access.grants import current_grant, keeps_by_default
from apiserver.access.limits import ANALYSING
from apiserver.access.scopes import Scope
from apiserver.api.fields import (
    AppliedThresholds,
    BoxPixels,
    Cosine,
    DetectorScore,
    PersonId,
    PhotographAnswer,
    PhotographsAnswer,
    Probability,
    ReasonField,
    RecognitionWarning,
    Recognizability,
    applied_thresholds,
    file_url,
    json_response,
    recognition_warnings,
    rounded,
    rounded_or_none,
)
from apiserver.biometrics.face import Analysis, Face
from apiserver.biometrics.model import Decision, Model, Scoring
from apiserver.http.access.guard import needs
from apiserver.http.admission import OldPhotographRoute
from apiserver.http.answers import json_answer
from apiserver.http.field_names import Unknown
from apiserver.http.forms import DirectoryField, FilesField, LookForm, usable
from apiserver.http.multipart import MAX_FILES
from apiserver.http.photographs import STATUSES, PhotographCall, noting_refusal
from apiserver.http.problem_responses import Refusal, refusal
from apiserver.problems import NoPhotographUsable, Refused, ScopeMissing
from apiserver.recognition.candidates import Identity, SearchOptions
from apiserver.recognition.recognizing import Recognized
from apiserver.search.planning import Path
from apiserver.turns import taking_turns

_REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Refusal} for status in STATUSES}

router = APIRouter(tags=["faces"], route_class=OldPhotographRoute)


class RecognizeForm(LookForm):
    """Photographs of people to recognize."""

    unknown = Unknown.MISSPELLED_REFUSED

    directory: DirectoryField
    file: FilesField
    k: int = Field(5, ge=1, le=100, description="Maximum number of candidates for each face.")
    threshold: float | None = Field(
        None,
        ge=-1,
        le=1,
        allow_inf_nan=False,
        description="Minimum cosine of a match, instead of the directory's.",
        examples=[0.5],
    )
    unique_persons: bool = Field(False, description="Whether each person can be on the photograph at most once.")
    scoring: Scoring | None = Field(
        None,
        description="How a person's faces are combined: the best one, or their mean, weighted by score. "
        "If unset, the directory's setting applies, or else `max`.",
    )
    min_score: float = Field(0, ge=0, le=1, description="Faces with a lower detector score are omitted.")
    min_size: int = Field(0, ge=0, le=100_000, description="Faces whose shorter side has fewer pixels are omitted.")
    keep: bool = Field(
        default_factory=keeps_by_default,
        description="Whether the photograph is kept for the retention time, or not at all. A key that may only "
        "recognize keeps none.",
        json_schema_extra={"default": True},
    )

    def search_options(self) -> SearchOptions:
        """Return the options of the search."""
        named_only = not current_grant().has(Scope.READ)
        return SearchOptions(self.directory, self.k, self.threshold, self.scoring, self.unique_persons, named_only)


class Candidate(BaseModel):
    """An enrolled person who resembles a face."""

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
    reason: ReasonField
    recognizability: Recognizability
    candidates: list[Candidate]
    search: Path = Field(
        description="How the directory was searched: by all embeddings, by their codes first, or by a graph."
    )


class RecognizeAnswer(PhotographAnswer):
    """The success of /recognize: one entry for each detected face, best score first, and the thresholds."""

    persons: list[RecognizedPerson]
    thresholds: AppliedThresholds
    warnings: list[RecognitionWarning]


class RefusedFile(BaseModel):
    """One file of several that was refused."""

    status: str = Field(examples=["The image is truncated or corrupt."])
    code: str = Field(examples=["image-unreadable"])
    filename: str = Field(examples=["photo.jpg"])
    persons: None


class RecognizeFilesAnswer(PhotographsAnswer):
    """The success of /recognize with several files, of which at least one was accepted."""

    files: list[RecognizeAnswer | RefusedFile]


class RecognizeRefusal(Refusal):
    """The failure of /recognize with several files; `files` is present if each of them was refused."""

    files: list[RefusedFile] = Field(default_factory=list)


@router.post(
    "/recognize",
    status_code=201,
    response_model=RecognizeAnswer | RecognizeFilesAnswer,
    responses=_REFUSALS | {422: {"model": RecognizeRefusal}},
    openapi_extra={"requestBody": RecognizeForm.request_body()},
)
@needs(Scope.RECOGNIZE, spends=ANALYSING)
async def recognize(request: Request) -> Response:
    """Identify every face on a photograph, or on each of several photographs, within a directory."""
    call = PhotographCall.of(request)
    form = await call.read(RecognizeForm, max_files=MAX_FILES)
    if form.keep and not keeps_by_default():
        raise ScopeMissing("A key that may only recognize cannot keep photographs; leave `keep` out.")
    outcomes: list[RecognizeAnswer | Refused] = []
    for upload in form.file:
        with noting_refusal(outcomes):
            photograph = None
            if form.keep:
                analysis, photograph = await call.analyse_to_store(usable(upload), form.look)
            else:
                analysis = await call.analyse(usable(upload), form.look)
            faces = analysis.select(min_score=form.min_score, min_size=form.min_size)
            recognized = await call.state.recognition.recognize(
                [face.probe for face in faces],
                analysis.model,
                form.search_options(),
                call.stages,
                photograph,
            )
            call.state.metrics.decided(recognized.identities)
            outcomes.append(await _recognized(upload.filename, form.directory, faces, analysis, recognized))
    if len(outcomes) > 1:
        return await _recognized_files(form, outcomes)
    [outcome] = outcomes
    if isinstance(outcome, Refused):
        raise outcome
    return await json_answer(outcome, 201, exclude_unset=True)


async def _recognized_files(form: RecognizeForm, outcomes: Sequence[RecognizeAnswer | Refused]) -> Response:
    refused = [
        RefusedFile(status=each.sentence, code=each.code, filename=upload.filename, persons=None)
        for upload, each in zip(form.file, outcomes, strict=True)
        if isinstance(each, Refused)
    ]
    model = next((each.model for each in outcomes if isinstance(each, RecognizeAnswer)), None)
    if model is None:
        problem = NoPhotographUsable()
        return json_response(RecognizeRefusal(**refusal(problem).model_dump(), files=refused), problem.status)
    in_order = iter(refused)
    files = [next(in_order) if isinstance(each, Refused) else each for each in outcomes]
    answer = RecognizeFilesAnswer(status="OK", directory=form.directory, model=model, files=files)
    return await json_answer(answer, 201, exclude_unset=True)


async def _recognized(
    filename: str, directory: str, faces: Sequence[Face], analysis: Analysis, recognized: Recognized
) -> RecognizeAnswer:
    """Return the answer about one photograph."""
    model = analysis.model
    return RecognizeAnswer(
        status="OK",
        url=file_url(recognized.image_key),
        filename=filename,
        directory=directory,
        model=model.id,
        orientation=analysis.image.orientation,
        faces_omitted=analysis.faces_omitted,
        persons=[
            recognized_person(face, identity, model)
            async for face, identity in taking_turns(zip(faces, recognized.identities, strict=True))
        ],
        thresholds=applied_thresholds(recognized.applied, model),
        warnings=recognition_warnings(directory, recognized),
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
        reason=identity.reason,
        recognizability=rounded_or_none(face.recognizability),
        candidates=candidates,
        search=identity.path,
    )
    if best and identity.decision is not Decision.UNKNOWN:
        entry.id = best.id
    return entry
