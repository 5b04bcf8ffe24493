"""Routes of the faces of a person."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from apiserver.api import images as files
from apiserver.api.face_answers import FaceAnswer
from apiserver.api.receipts import ReceiptAnswer, receipt_response
from apiserver.http.paging import Page, PageQuery, read_cursor, write_cursor
from apiserver.http.path_names import DirectoryName, PersonName
from apiserver.http.paths import EncodedRoute
from apiserver.people import faces as person_faces
from apiserver.problems import FileNotFound
from apiserver.state import StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 404, 500, 503)}
_ORDER = "faces"
_FaceId = Annotated[UUID, Path(description="The face's id, as returned by /learn.")]

router = APIRouter(tags=["persons"], route_class=EncodedRoute)


@router.get("/directories/{directory}/persons/{person}/faces", responses=_PROBLEMS, response_model=Page[FaceAnswer])
async def list_faces(
    directory: DirectoryName, person: PersonName, query: Annotated[PageQuery, Query()], state: StateOf
) -> Response:
    """List the faces of a person in pages, the oldest first."""
    after = read_cursor(query.cursor, _ORDER, person_faces.KEY)
    async with state.database.connection() as connection:
        found, key = await person_faces.page(connection, directory, person, query.limit, after)
    following = None if key is None else write_cursor(_ORDER, key)
    return Page(items=[FaceAnswer.of(directory, face) for face in found], next=following).response()


@router.get("/directories/{directory}/persons/{person}/faces/{face}", responses=_PROBLEMS)
async def read_face(directory: DirectoryName, person: PersonName, face: _FaceId, state: StateOf) -> FaceAnswer:
    """Return a face of a person."""
    async with state.database.connection() as connection:
        return FaceAnswer.of(directory, await person_faces.read(connection, directory, person, face))


@router.delete(
    "/directories/{directory}/persons/{person}/faces/{face}", response_model=ReceiptAnswer, responses=_PROBLEMS
)
async def delete_face(directory: DirectoryName, person: PersonName, face: _FaceId, state: StateOf) -> Response:
    """Delete a face with its crop and embedding at once.

    Its photograph is removed from the store soon after, unless another enrolled face uses it.
    """
    return receipt_response(await state.erasure.face(directory, person, face))


@router.get(
    "/directories/{directory}/persons/{person}/faces/{face}/image",
    response_class=StreamingResponse,
    responses=_PROBLEMS,
)
async def read_image(directory: DirectoryName, person: PersonName, face: _FaceId, state: StateOf) -> StreamingResponse:
    """Return the photograph of a face."""
    async with state.database.connection() as connection:
        found = await person_faces.read(connection, directory, person, face)
    if found.image is None:
        raise FileNotFound("The face was imported without its photograph.")
    return await files.shown(found.image, state)


@router.get(
    "/directories/{directory}/persons/{person}/faces/{face}/crop",
    response_class=Response,
    responses=_PROBLEMS | {200: {"content": {"image/jpeg": {}}}},
)
async def read_crop(directory: DirectoryName, person: PersonName, face: _FaceId, state: StateOf) -> Response:
    """Return the aligned crop of a face, from which its embedding was computed: a JPEG of 112 x 112 pixels."""
    async with state.database.connection() as connection:
        crop = await person_faces.crop(connection, directory, person, face)
    return Response(crop, media_type="image/jpeg", headers=files.PRIVATE)
