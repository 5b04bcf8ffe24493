"""/learn: enrols the person shown on photographs."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from apiserver.access.limits import ENROLLING
from apiserver.access.scopes import Scope
from apiserver.api.fields import (
    BoxPixels,
    DetectorScore,
    EnrolmentWarning,
    FacesOmitted,
    FileProblem,
    OrientationDegrees,
    Outcome,
    PersonId,
    PhotographAnswer,
    PhotographsAnswer,
    Recognizability,
    file_url,
    json_response,
    rounded,
    rounded_or_none,
)
from apiserver.biometrics.choice import FaceChoice
from apiserver.directories.records import require_room
from apiserver.enrolment.gallery import Enrolment
from apiserver.enrolment.learning import Learned, Sample
from apiserver.http.access.guard import needs
from apiserver.http.admission import OldPhotographRoute
from apiserver.http.field_names import Unknown
from apiserver.http.forms import BoxField, DirectoryField, FaceField, FilesField, LookForm, PersonField, usable
from apiserver.http.idempotency import KEY, idempotent
from apiserver.http.multipart import MAX_FILES, Upload
from apiserver.http.photographs import STATUSES, PhotographCall, noting_refusal
from apiserver.http.problem_responses import Refusal, refusal
from apiserver.people.naming import check_names
from apiserver.problems import NoFaceEnrolled, Refused
from apiserver.vectorizers.wire import ENROLMENT_WANTS

_REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Refusal} for status in STATUSES}

router = APIRouter(tags=["faces"], route_class=OldPhotographRoute)


class LearnForm(LookForm):
    """Photographs of a person to learn."""

    unknown = Unknown.MISSPELLED_REFUSED

    person: PersonField
    directory: DirectoryField
    file: FilesField
    face: FaceField = FaceChoice.ONLY
    box: BoxField = None


class LearnedPerson(BaseModel):
    """The person that was learned."""

    id: PersonId
    box: BoxPixels
    score: DetectorScore
    recognizability: Recognizability
    face: str = Field(examples=["f323466b-1e04-4d87-80eb-e950fde57ede"])


class LearnAnswer(PhotographAnswer):
    """The success of /learn; `created` is false when this photograph of this person was learned before."""

    persons: list[LearnedPerson]
    created: bool
    warnings: list[EnrolmentWarning]


class LearnedFile(BaseModel):
    """One file of several, enrolled now, enrolled before, or refused."""

    filename: str = Field(examples=["portrait.jpg"])
    url: str | None = Field(examples=["/files/2c116cd3-eff0-5136-b4d5-5e476fa58ff7.jpg"])
    outcome: Outcome
    persons: list[LearnedPerson]
    warnings: list[EnrolmentWarning]
    problem: FileProblem | None
    orientation: OrientationDegrees | None = None
    faces_omitted: FacesOmitted = 0


class LearnFilesAnswer(PhotographsAnswer):
    """The success of /learn with several files, of which at least one was enrolled."""

    files: list[LearnedFile]


class LearnRefusal(Refusal):
    """The failure of /learn with several files; `files` is present if each of them was refused."""

    files: list[LearnedFile] = Field(default_factory=list)


@router.post(
    "/learn",
    status_code=201,
    response_model=LearnAnswer | LearnFilesAnswer,
    responses=_REFUSALS | {422: {"model": LearnRefusal}} | {status: {"model": Refusal} for status in (404, 409, 410)},
    openapi_extra={"requestBody": LearnForm.request_body(), "parameters": [KEY]},
)
@idempotent(max_files=MAX_FILES)
@needs(Scope.ENROL, spends=ENROLLING)
async def learn(request: Request) -> Response:
    """Enrol the person shown on a photograph; the same photograph of the same person again changes nothing.

    Of several files each has its own outcome: enrolled, known or refused. An outage fails the call, which may be
    repeated.
    """
    call = PhotographCall.of(request)
    form = await call.read(LearnForm, max_files=MAX_FILES)
    await check_names(call.state.database, form.directory, form.person)
    await require_room(call.state.database, call.state.usage, form.directory)
    outcomes: list[Learned | Refused] = []
    for upload in form.file:
        with noting_refusal(outcomes):
            usable(upload)
            await call.state.learning.require(form.directory, form.person)
            analysis, photograph = await call.analyse_to_store(upload, form.look, ENROLMENT_WANTS)
            sample = Sample(form.directory, form.person, photograph, form.face, form.box)
            outcomes.append(await call.state.learning.learn(sample, analysis, call.stages))
    return _response(form, outcomes)


def _response(form: LearnForm, outcomes: Sequence[Learned | Refused]) -> Response:
    """Return the answer about one photograph, or about several; a failure if all of them were refused."""
    if len(outcomes) > 1:
        return _learned_files(form, outcomes)
    [outcome] = outcomes
    if isinstance(outcome, Refused):
        raise outcome
    answer = LearnAnswer(
        status="OK",
        url=file_url(outcome.image_key),
        filename=form.file[0].filename,
        directory=form.directory,
        model=outcome.model.id,
        orientation=outcome.orientation,
        faces_omitted=outcome.faces_omitted,
        persons=[_learned_person(form.person, outcome.enrolment)],
        created=outcome.enrolment.created,
        warnings=[EnrolmentWarning.of(warning) for warning in outcome.warnings],
    )
    return json_response(answer, 201)


def _learned_files(form: LearnForm, outcomes: Sequence[Learned | Refused]) -> Response:
    files = [_learned_file(form.person, upload, each) for upload, each in zip(form.file, outcomes, strict=True)]
    model = next((each.model.id for each in outcomes if isinstance(each, Learned)), None)
    if model is None:
        problem = NoFaceEnrolled()
        return json_response(LearnRefusal(**refusal(problem).model_dump(), files=files), problem.status)
    return json_response(LearnFilesAnswer(status="OK", directory=form.directory, model=model, files=files), 201)


def _learned_file(person: str, upload: Upload, outcome: Learned | Refused) -> LearnedFile:
    if isinstance(outcome, Refused):
        problem = FileProblem.of(outcome)
        return LearnedFile(
            filename=upload.filename,
            url=None,
            outcome=Outcome.REFUSED,
            persons=[],
            warnings=[],
            problem=problem,
            faces_omitted=0,
        )
    return LearnedFile(
        filename=upload.filename,
        url=file_url(outcome.image_key),
        outcome=Outcome.CREATED if outcome.enrolment.created else Outcome.KNOWN,
        persons=[_learned_person(person, outcome.enrolment)],
        warnings=[EnrolmentWarning.of(warning) for warning in outcome.warnings],
        problem=None,
        orientation=outcome.orientation,
        faces_omitted=outcome.faces_omitted,
    )


def _learned_person(person: str, enrolment: Enrolment) -> LearnedPerson:
    """Return the entry for the one person of /learn."""
    return LearnedPerson(
        id=person,
        box=list(enrolment.box),
        score=rounded(enrolment.score),
        recognizability=rounded_or_none(enrolment.recognizability),
        face=str(enrolment.face),
    )
