"""The export of all data of a person."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from apiserver.api import images as files
from apiserver.bundles.zip_writing import zipped
from apiserver.http.path_names import DirectoryName, PersonName
from apiserver.http.paths import EncodedRoute
from apiserver.people import records as persons
from apiserver.people.export import person_members
from apiserver.state import StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 404, 500, 503)}

router = APIRouter(tags=["persons"], route_class=EncodedRoute)


@router.get(
    "/directories/{directory}/persons/{person}/export",
    response_class=StreamingResponse,
    responses=_PROBLEMS | {200: {"content": {"application/zip": {}}}},
)
async def export_person(directory: DirectoryName, person: PersonName, state: StateOf) -> StreamingResponse:
    """Return all data of a person as a zip file: details, faces, embeddings and photographs.

    The file is generated while it is sent. If the transfer is interrupted, the file is truncated and does not open.
    """
    async with state.database.connection() as connection:
        found = await persons.read(connection, directory, person)
    members = person_members(state.database, state.images, found)
    headers = files.PRIVATE | {"Content-Disposition": 'attachment; filename="person.zip"'}
    return StreamingResponse(zipped(members), media_type="application/zip", headers=headers)
