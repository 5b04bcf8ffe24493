"""Adds photographs to a person, and tells of each what became of it."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from apiserver import person_faces
from apiserver.encoded_paths import EncodedRoute
from apiserver.face_answers import AddedFaces, FaceAnswer, FileOutcome, FileProblem, NoneAdded, Outcome
from apiserver.forms import FacesForm
from apiserver.idempotency import KEY, Handler, idempotent
from apiserver.learning import Sample, learn_sample
from apiserver.path_names import DirectoryName, PersonName
from apiserver.photograph_calls import PROBLEMS, each, read_fields
from apiserver.problems import DatabaseBusy, NoFaceEnrolled, Refused
from apiserver.responses import ProblemDetails, problem_details
from apiserver.state import State
from apiserver.telemetry import Stages
from apiserver.uploads import MOST_FILES, places_needed

_MORE: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (404, 409, 410)}


class _FacesRoute(EncodedRoute):
    """Takes several photographs, once for each `Idempotency-Key`; without a place for them they are not read."""

    def get_route_handler(self) -> Handler:
        """Return what serves a request."""
        handle = idempotent(most_files=MOST_FILES)(super().get_route_handler())

        async def admit(request: Request) -> Response:
            state = State.of(request)
            state.vectorizer.check_room()
            with state.places.taken(places_needed(request, state.settings.max_image_bytes)):
                return await handle(request)

        return admit


router = APIRouter(tags=["persons"], route_class=_FacesRoute)


@router.post(
    "/directories/{directory}/persons/{person}/faces",
    status_code=201,
    response_model=AddedFaces,
    responses=PROBLEMS | _MORE | {200: {"model": AddedFaces}, 422: {"model": NoneAdded | ProblemDetails}},
    openapi_extra={"requestBody": FacesForm.request_body(), "parameters": [KEY]},
)
async def add_faces(directory: DirectoryName, person: PersonName, request: Request) -> Response:
    """Enrol the faces of several photographs, each by itself: one that is refused keeps no other out.

    200 if all were there before. An outage ends the call; sent again, it goes on where it ended.
    """
    state, stages = State.of(request), Stages.of(request)
    with stages.measure("read"):
        form = FacesForm.of(await read_fields(request, state, most_files=MOST_FILES))
    samples = [Sample(directory, person, file, form.face, form.box) for file in form.file]
    outcomes = await each(_add(request, state, stages, sample) for sample in samples)
    added = AddedFaces.of(
        [
            _refused(sample, outcome) if isinstance(outcome, Refused) else outcome
            for sample, outcome in zip(samples, outcomes, strict=True)
        ]
    )
    if added.created or added.known:
        return Response(added.model_dump_json(), 201 if added.created else 200, media_type="application/json")
    body = NoneAdded(**problem_details(NoFaceEnrolled()).model_dump(), **added.model_dump())
    return Response(body.model_dump_json(), body.status, media_type="application/problem+json")


async def _add(request: Request, state: State, stages: Stages, sample: Sample) -> FileOutcome:
    learned = await learn_sample(request, state, stages, sample)
    face = await _face(state, sample, learned.enrolment.face)
    return FileOutcome(
        filename=sample.file.filename,
        outcome=Outcome.CREATED if learned.enrolment.created else Outcome.KNOWN,
        face=face,
        warnings=learned.warnings,
        problem=None,
    )


def _refused(sample: Sample, problem: Refused) -> FileOutcome:
    return FileOutcome(
        filename=sample.file.filename,
        outcome=Outcome.REFUSED,
        face=None,
        warnings=[],
        problem=FileProblem.of(problem),
    )


async def _face(state: State, sample: Sample, face: UUID) -> FaceAnswer:
    try:
        async with state.database.connection() as connection:
            found = await person_faces.read(connection, sample.directory, sample.person, face)
    except Refused as error:
        raise DatabaseBusy from error  # somebody has moved or removed it since
    return FaceAnswer.of(sample.directory, found)
