"""/recognition/subjects: the persons of a directory."""

from fastapi import APIRouter, Request, Response

from apiserver.access.grants import current_grant, default_directory
from apiserver.access.scopes import Scope
from apiserver.api.compreface.faces import answer
from apiserver.api.compreface.problems import Code, Coded
from apiserver.api.compreface.requests import CompreFaceBody
from apiserver.api.compreface.routes import CompreFaceRoute, path_name
from apiserver.database.pool import Share
from apiserver.directories.records import require_room
from apiserver.http.access.guard import needs
from apiserver.http.json.bodies import read_json
from apiserver.names import checked_name
from apiserver.people import subjects
from apiserver.people.naming import check_name, check_names
from apiserver.state import State

_PATH = "/api/v1/recognition/subjects"
_MAX_LENGTH = 50
_FORBIDDEN = frozenset(";/\\")

router = APIRouter(route_class=CompreFaceRoute)


class SubjectBody(CompreFaceBody):
    """The name of a subject."""

    subject: str | None = None


def new_subject(name: str | None) -> str:
    """Return a valid name of a new subject, in normalization form C. Raises Coded or InvalidName."""
    if name is None or not name.strip():
        raise Coded(Code.INVALID, "Subject name cannot be empty")
    if len(name) > _MAX_LENGTH:
        raise Coded(Code.INVALID, f"Subject name must have 1 to {_MAX_LENGTH} characters")
    if not _FORBIDDEN.isdisjoint(name):
        raise Coded(
            Code.INVALID, "The name of a subject cannot contain the following special characters: ';', '/', '\\'"
        )
    return checked_name(name)


@router.post(_PATH, status_code=201)
@needs(Scope.EDIT)
async def add_subject(request: Request) -> Response:
    """Make a person without faces."""
    state, directory = State.of(request), default_directory()
    state.space.require()
    name = new_subject((await read_json(request, SubjectBody)).subject)
    await check_names(state.database, directory, name)
    await require_room(state.database, state.usage, directory)
    makes = state.settings.directories_on_learn and current_grant().may_make(directory)
    async with state.database.unbound() as connection:
        await subjects.add(connection, directory, name, make_directory=makes)
    return answer({"subject": name}, 201)


@router.get(_PATH)
@needs(Scope.READ)
async def list_subjects(request: Request) -> Response:
    """List the names of all persons."""
    async with State.of(request).database.connection(Share.READS) as connection:
        names = await subjects.all_as_json(connection, default_directory())
    return Response(f'{{"subjects":{names}}}', media_type="application/json")


@router.put(f"{_PATH}/{{subject}}")
@needs(Scope.EDIT)
async def rename_subject(request: Request) -> Response:
    """Rename a person, or merge the person into the one who has the new name."""
    state = State.of(request)
    state.space.require()
    new = new_subject((await read_json(request, SubjectBody)).subject)
    check_name("person", new)
    name = checked_name(path_name(request, "subject"))
    async with state.database.unbound(Share.LONG) as connection:
        await subjects.rename(connection, default_directory(), name, new)
    return answer({"updated": True})


@router.delete(f"{_PATH}/{{subject}}")
@needs(Scope.DELETE)
async def delete_subject(request: Request) -> Response:
    """Delete a person with all faces."""
    state, directory = State.of(request), default_directory()
    async with state.database.unbound() as connection:
        person = await subjects.require(connection, directory, checked_name(path_name(request, "subject")))
    await state.erasure.person(directory, person)
    return answer({"subject": person})


@router.delete(_PATH)
@needs(Scope.DELETE)
async def delete_subjects(request: Request) -> Response:
    """Delete all persons of the directory."""
    receipt = await State.of(request).erasure.everybody(default_directory())
    return answer({"deleted": receipt.persons if receipt else 0})
