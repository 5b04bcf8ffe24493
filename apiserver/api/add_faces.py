"""Adds the faces of photographs to a person."""

from typing import Any, Self
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from apiserver.access.limits import ENROLLING
from apiserver.access.scopes import Scope
from apiserver.api.faces import FaceAnswer
from apiserver.api.fields import EnrolmentWarning, FacesOmitted, FileProblem, OrientationDegrees, Outcome
from apiserver.biometrics.choice import FaceChoice
from apiserver.database.pool import Database
from apiserver.directories.records import require_room
from apiserver.enrolment.learning import Learned, Sample
from apiserver.http.access.guard import needs
from apiserver.http.admission import counted_body
from apiserver.http.forms import BoxField, FaceField, FilesField, LookForm, usable
from apiserver.http.idempotency import KEY, Handler, idempotent
from apiserver.http.multipart import MAX_FILES
from apiserver.http.paths import DirectoryName, EncodedRoute, PersonName
from apiserver.http.photographs import PROBLEMS, PhotographCall, noting_refusal
from apiserver.people import faces as person_faces
from apiserver.people.naming import check_names
from apiserver.problems import DatabaseBusy, NoFaceEnrolled, Refused
from apiserver.state import State
from apiserver.vectorizers.wire import ENROLMENT_WANTS
from serving.problem_responses import ProblemDetails, problem_details

_MORE: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (404, 409, 410)}


class _FacesRoute(EncodedRoute):
    """Takes several photographs, once for each `Idempotency-Key`; they are not read unless there are slots for them."""

    def get_route_handler(self) -> Handler:
        """Return the handler of a request."""
        handle = idempotent(max_files=MAX_FILES)(super().get_route_handler())

        async def admit(request: Request) -> Response:
            State.of(request).vectorizer.check_room()
            with counted_body(request):
                return await handle(request)

        return admit


router = APIRouter(tags=["persons"], route_class=_FacesRoute)


class FacesForm(LookForm):
    """Photographs of one person to learn."""

    file: FilesField
    face: FaceField = FaceChoice.ONLY
    box: BoxField = None


class FileOutcome(BaseModel):
    """The outcome of a photograph, with the warnings of /learn."""

    filename: str = Field(examples=["ann.jpg"])
    outcome: Outcome
    face: FaceAnswer | None
    warnings: list[EnrolmentWarning]
    problem: FileProblem | None
    orientation: OrientationDegrees | None = None
    faces_omitted: FacesOmitted = 0


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


@router.post(
    "/directories/{directory}/persons/{person}/faces",
    status_code=201,
    response_model=AddedFaces,
    responses=PROBLEMS | _MORE | {200: {"model": AddedFaces}, 422: {"model": NoneAdded | ProblemDetails}},
    openapi_extra={"requestBody": FacesForm.request_body(), "parameters": [KEY]},
)
@needs(Scope.ENROL, spends=ENROLLING)
async def add_faces(directory: DirectoryName, person: PersonName, request: Request) -> Response:
    """Enrol the faces of several photographs independently: a refused one does not affect the others.

    200 if all were enrolled before. An outage ends the call; if it is repeated, it continues where it ended.
    """
    call = PhotographCall.of(request)
    form = await call.read(FacesForm, max_files=MAX_FILES)
    await check_names(call.state.database, directory, person)
    await require_room(call.state.database, call.state.usage, directory)
    outcomes: list[FileOutcome | Refused] = []
    for upload in form.file:
        with noting_refusal(outcomes):
            usable(upload)
            await call.state.learning.require(directory, person)
            analysis, photograph = await call.analyse_to_store(upload, form.look, ENROLMENT_WANTS)
            sample = Sample(directory, person, photograph, form.face, form.box)
            learned = await call.state.learning.learn(sample, analysis, call.stages)
            face = await _face(call.state.database, directory, person, learned.enrolment.face)
            outcomes.append(_accepted(upload.filename, learned, face))
    added = AddedFaces.of(
        [
            _refused(upload.filename, outcome) if isinstance(outcome, Refused) else outcome
            for upload, outcome in zip(form.file, outcomes, strict=True)
        ]
    )
    if added.created or added.known:
        return Response(added.model_dump_json(), 201 if added.created else 200, media_type="application/json")
    body = NoneAdded(**problem_details(NoFaceEnrolled()).model_dump(), **added.model_dump())
    return Response(body.model_dump_json(), body.status, media_type="application/problem+json")


def _accepted(filename: str, learned: Learned, face: FaceAnswer) -> FileOutcome:
    return FileOutcome(
        filename=filename,
        outcome=Outcome.CREATED if learned.enrolment.created else Outcome.KNOWN,
        face=face,
        warnings=[EnrolmentWarning.of(warning) for warning in learned.warnings],
        problem=None,
        orientation=learned.orientation,
        faces_omitted=learned.faces_omitted,
    )


def _refused(filename: str, problem: Refused) -> FileOutcome:
    return FileOutcome(
        filename=filename, outcome=Outcome.REFUSED, face=None, warnings=[], problem=FileProblem.of(problem)
    )


async def _face(database: Database, directory: str, person: str, face: UUID) -> FaceAnswer:
    try:
        async with database.connection() as connection:
            enrolled = await person_faces.read(connection, directory, person, face)
    except Refused as error:
        raise DatabaseBusy from error  # it was moved or deleted concurrently
    return FaceAnswer.of(directory, enrolled)
