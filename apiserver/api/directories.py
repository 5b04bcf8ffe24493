"""Routes of directories."""

from dataclasses import fields
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import TypeAdapter

from apiserver.api.directory_bodies import DirectoriesQuery, DirectoryAnswer, DirectorySummary, SettingsBody
from apiserver.api.receipts import ReceiptAnswer, receipt_response
from apiserver.api.responses import applied_thresholds
from apiserver.biometrics.face import Model
from apiserver.directories import listing as directory_lists
from apiserver.directories.records import Directories, Directory
from apiserver.http.entity_tags import FAILED_PRECONDITION, NOT_MODIFIED, TAGGED, IfMatch, IfNoneMatch, tagged
from apiserver.http.json_bodies import read_json
from apiserver.http.paging import Page, read_cursor, write_cursor
from apiserver.http.path_names import DirectoryName
from apiserver.http.paths import EncodedRoute
from apiserver.problems import InvalidSettings
from apiserver.state import State, StateOf
from serving.problem_responses import ProblemDetails

_OUTAGES: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 500, 503, 504)}
_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": ProblemDetails}}
_WRONG: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (408, 422)}

_ORDER = "directories"
_KEY: TypeAdapter[tuple[str]] = TypeAdapter(tuple[str])

router = APIRouter(tags=["directories"], route_class=EncodedRoute)


@router.get("/directories", responses=_OUTAGES, response_model=Page[DirectorySummary])
async def list_directories(query: Annotated[DirectoriesQuery, Query()], state: StateOf) -> Response:
    """List the directories in pages, ordered by name."""
    after = read_cursor(query.cursor, _ORDER, _KEY)
    async with state.database.connection() as connection:
        found, last = await directory_lists.page(connection, query.prefix, query.limit, after[0] if after else None)
    items = [DirectorySummary.model_validate(summary) for summary in found]
    return Page(items=items, next=None if last is None else write_cursor(_ORDER, (last,))).response()


@router.get(
    "/directories/{directory}",
    response_model=DirectoryAnswer,
    responses=_OUTAGES | _NOT_FOUND | TAGGED | NOT_MODIFIED,
)
async def read_directory(directory: DirectoryName, known: IfNoneMatch, state: StateOf) -> Response:
    """Return a directory: its settings, its size, and its thresholds for the model in use."""
    found = await state.directories.read(directory)
    answer = await _describe(directory, found, state.directories, await state.vectorizer.model_in_use())
    return tagged(answer, found.revision, known=known)


@router.put(
    "/directories/{directory}",
    response_model=DirectoryAnswer,
    responses=_OUTAGES | _WRONG | TAGGED | FAILED_PRECONDITION | {201: {"model": DirectoryAnswer}},
    openapi_extra=SettingsBody.request_body(),
)
async def write_directory(directory: DirectoryName, condition: IfMatch, request: Request) -> Response:
    """Replace the settings of a directory; create it (201) if it does not exist."""
    state = State.of(request)
    body = await read_json(request, SettingsBody, InvalidSettings)
    model = await state.vectorizer.model_in_use()
    written, created = await state.directories.write(directory, body.settings(model.id), condition)
    answer = await _describe(directory, written, state.directories, model)
    return tagged(answer, written.revision, status=201 if created else 200)


@router.patch(
    "/directories/{directory}",
    response_model=DirectoryAnswer,
    responses=_OUTAGES | _NOT_FOUND | _WRONG | TAGGED | FAILED_PRECONDITION,
    openapi_extra=SettingsBody.request_body(),
)
async def patch_directory(directory: DirectoryName, condition: IfMatch, request: Request) -> Response:
    """Change some settings of a directory; null restores the service's default."""
    state = State.of(request)
    body = await read_json(request, SettingsBody, InvalidSettings)
    model = await state.vectorizer.model_in_use()
    edited = await state.directories.edit(directory, body.changes(model.id), condition)
    return tagged(await _describe(directory, edited, state.directories, model), edited.revision)


@router.delete(
    "/directories/{directory}",
    response_model=ReceiptAnswer,
    responses=_OUTAGES | _NOT_FOUND | FAILED_PRECONDITION,
)
async def delete_directory(directory: DirectoryName, condition: IfMatch, state: StateOf) -> Response:
    """Delete a directory with all its persons at once; its photographs are removed from the store soon after."""
    receipt = await state.erasure.directory(directory, condition)
    state.directories.forget(directory)
    return receipt_response(receipt)


async def _describe(directory: str, known: Directory, directories: Directories, model: Model) -> DirectoryAnswer:
    terms = await directories.describe(directory, model)
    return DirectoryAnswer(
        directory=directory,
        **{field.name: getattr(known.settings, field.name) for field in fields(known.settings)},
        model=model.id,
        persons=terms.size.persons,
        faces=terms.size.faces,
        thresholds=applied_thresholds(terms.applied, model),
        created_at=known.created_at,
        updated_at=known.updated_at,
        revision=known.revision,
    )
