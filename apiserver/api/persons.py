"""Routes of persons."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from apiserver.api.person_bodies import PersonAnswer, PersonBody, PersonPatch, PersonsQuery
from apiserver.api.receipts import ReceiptAnswer, receipt_response
from apiserver.http.entity_tags import FAILED_PRECONDITION, NOT_MODIFIED, TAGGED, IfMatch, IfNoneMatch, tagged
from apiserver.http.json_bodies import read_json
from apiserver.http.paging import Page, read_cursor, write_cursor
from apiserver.http.path_names import DirectoryName, PersonName
from apiserver.http.paths import EncodedRoute
from apiserver.people import listing as person_lists
from apiserver.people import records as persons
from apiserver.state import State, StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 404, 500, 503)}
_WRITING: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (408, 409)}

router = APIRouter(tags=["persons"], route_class=EncodedRoute)


@router.get("/directories/{directory}/persons", responses=_PROBLEMS, response_model=Page[PersonAnswer])
async def list_persons(directory: DirectoryName, query: Annotated[PersonsQuery, Query()], state: StateOf) -> Response:
    """List the persons of a directory in pages."""
    order = f"persons {query.sort}"
    after = read_cursor(query.cursor, order, person_lists.KEY)
    async with state.database.connection() as connection:
        found, key = await person_lists.page(connection, directory, query.filter(), query.limit, after)
    following = None if key is None else write_cursor(order, key)
    return Page(items=[PersonAnswer.of(person) for person in found], next=following).response()


@router.get(
    "/directories/{directory}/persons/{person}",
    response_model=PersonAnswer,
    responses=_PROBLEMS | TAGGED | NOT_MODIFIED,
)
async def read_person(directory: DirectoryName, person: PersonName, known: IfNoneMatch, state: StateOf) -> Response:
    """Return a person. The entity tag covers the editable details only."""
    async with state.database.connection() as connection:
        found = await persons.read(connection, directory, person)
    return tagged(PersonAnswer.of(found), found.revision, known=known)


@router.put(
    "/directories/{directory}/persons/{person}",
    response_model=PersonAnswer,
    responses=_PROBLEMS | _WRITING | TAGGED | FAILED_PRECONDITION | {201: {"model": PersonAnswer}},
    openapi_extra=PersonBody.request_body(),
)
async def write_person(directory: DirectoryName, person: PersonName, condition: IfMatch, request: Request) -> Response:
    """Replace the details of a person; create the person (201), without a face, if missing."""
    state = State.of(request)
    body = await read_json(request, PersonBody)
    async with state.database.connection() as connection:
        written, created = await persons.put(
            connection,
            directory,
            person,
            body.details(),
            condition,
            make_directory=state.settings.directories_on_learn,
        )
    return tagged(PersonAnswer.of(written), written.revision, status=201 if created else 200)


@router.patch(
    "/directories/{directory}/persons/{person}",
    response_model=PersonAnswer,
    responses=_PROBLEMS | _WRITING | TAGGED | FAILED_PRECONDITION,
    openapi_extra=PersonPatch.request_body(),
)
async def patch_person(directory: DirectoryName, person: PersonName, condition: IfMatch, request: Request) -> Response:
    """Change some details of a person, or the id."""
    body = await read_json(request, PersonPatch)
    async with State.of(request).database.connection() as connection:
        edited = await persons.edit(connection, directory, person, body.changes(), condition)
    return tagged(PersonAnswer.of(edited), edited.revision)


@router.delete(
    "/directories/{directory}/persons/{person}",
    response_model=ReceiptAnswer,
    responses=_PROBLEMS | FAILED_PRECONDITION,
)
async def delete_person(directory: DirectoryName, person: PersonName, condition: IfMatch, state: StateOf) -> Response:
    """Delete a person with faces, crops and embeddings at once; photographs are removed from the store soon after."""
    return receipt_response(await state.erasure.person(directory, person, condition))
