"""Routes of the faces of a person."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from apiserver.access.scopes import Scope
from apiserver.api import images
from apiserver.api.deletions import ReceiptAnswer, receipt_response
from apiserver.api.fields import (
    BoxPixels,
    DetectorScore,
    ModelId,
    PersonId,
    Recognizability,
    crop_url,
    file_url,
    rounded,
    rounded_or_none,
)
from apiserver.biometrics.face import FaceOrigin
from apiserver.database.pool import Share
from apiserver.encryption.crops import decrypted_crop
from apiserver.http.access.guard import needs
from apiserver.http.paging import Page, PageQuery, read_cursor, write_cursor
from apiserver.http.paths import DirectoryName, EncodedRoute, PersonName
from apiserver.people import faces as person_faces
from apiserver.people import unlike
from apiserver.people.faces import EnrolledFace, Floor
from apiserver.people.unlike import UnlikeFace, Whose
from apiserver.problems import FileNotFound, InvalidField
from apiserver.state import State, StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 404, 500, 503)}
_OUTAGES: dict[int | str, dict[str, Any]] = {504: {"model": ProblemDetails}}
_ORDER = "faces"
_DIRECTORY_ORDER = "faces of a directory"
_UNLIKE_ORDER = "unlike faces"
_RECOGNIZABILITY_ORDER = "faces by recognizability"
_FaceId = Annotated[UUID, Path(description="The face's id, as returned by /learn.")]

router = APIRouter(tags=["persons"], route_class=EncodedRoute)


class KeptQuality(BaseModel):
    """The measurements of a face when it was enrolled, see docs/quality.md; the angles if there were landmarks."""

    sharpness: float = Field(examples=[0.872])
    brightness: float = Field(examples=[0.547])
    yaw: float | None = Field(None, examples=[-8.4])
    pitch: float | None = Field(None, examples=[3.1])
    roll: float | None = Field(None, examples=[1.2])


class UnlikeAnswer(BaseModel):
    """How little a face resembles the person's other photographs."""

    similarity: float = Field(description="The cosine that a third of them reach.", examples=[0.1021])
    limit: float = Field(description="Photographs of one person reach it, see docs/quality.md.", examples=[0.3146])


class FaceAnswer(BaseModel):
    """An enrolled face of a person."""

    face: UUID
    person: PersonId
    model: ModelId
    box: BoxPixels
    score: DetectorScore
    recognizability: Recognizability
    origin: FaceOrigin | None = Field(
        description="Where the embedding comes from: a `photograph`, a `crop`, or unchecked from a `bundle` that was "
        "trusted; null if it was not recorded."
    )
    quality: KeptQuality | None = Field(description="null if nothing was measured.")
    image: str | None = Field(
        description="The photograph that shows it; null for a face imported without one, or if the key may not see "
        "photographs.",
        examples=["/files/47aa5e19-c120-84b0-a5a0-d64d932fb8eb.jpg"],
    )
    crop: str | None = Field(
        description="The aligned face, 112 x 112; null if the key may not see photographs.",
        examples=["/directories/acme/persons/ann/faces/1120092e-8684-446d-9dd1-6a35418df10e/crop"],
    )
    created_at: datetime
    unlike: UnlikeAnswer | None = Field(None, description="null except in lists of faces that are `unlike`.")

    @classmethod
    def of(cls, directory: str, face: EnrolledFace) -> Self:
        """Return a face as clients read it."""
        return cls(
            face=face.face,
            person=face.person,
            model=face.model,
            box=list(face.box),
            score=rounded(face.score),
            recognizability=rounded_or_none(face.recognizability),
            origin=face.origin,
            quality=KeptQuality.model_validate_json(face.quality) if face.quality else None,
            image=file_url(face.image),
            crop=crop_url(directory, face.person, face.face),
            created_at=face.created_at,
        )

    @classmethod
    def of_unlike(cls, directory: str, found: UnlikeFace) -> Self:
        """Return a face of a list of `unlike` ones."""
        answer = cls.of(directory, found.face)
        answer.unlike = UnlikeAnswer(similarity=rounded(found.similarity), limit=rounded(found.limit))
        return answer


class PersonFacesQuery(PageQuery):
    """Query parameters of the list of a person's faces."""

    unlike: bool = Field(
        False,
        description="Only faces of the model in use that do not resemble the person's other photographs, ordered by "
        "person and id. A page may have fewer items than `limit`, or none, although `next` is not null.",
    )


class FacesQuery(PersonFacesQuery):
    """Query parameters of the list of a directory's faces."""

    unrecognizable: bool = Field(
        False,
        description="Only faces of the model in use below the directory's floor of recognizability, or below the "
        "model's if the directory has turned it off; the least recognizable first.",
    )


@router.get("/directories/{directory}/faces", responses=_PROBLEMS | _OUTAGES, response_model=Page[FaceAnswer])
@needs(Scope.READ)
async def list_directory_faces(
    directory: DirectoryName, query: Annotated[FacesQuery, Query()], state: StateOf
) -> Response:
    """List the faces of a directory in pages, ordered by id, or only those that the parameters select."""
    if query.unlike and query.unrecognizable:
        raise InvalidField("unlike, unrecognizable: they exclude each other.")
    if query.unlike:
        return await _unlike_page(directory, None, query, state)
    list_page = _unrecognizable_page if query.unrecognizable else _directory_page
    found, following = await list_page(directory, query, state)
    return await Page.response((FaceAnswer.of(directory, face) for face in found), following)


async def _directory_page(directory: str, query: PageQuery, state: State) -> tuple[list[EnrolledFace], str | None]:
    first = read_cursor(query.cursor, _DIRECTORY_ORDER, person_faces.DIRECTORY_KEY)
    async with state.database.connection(Share.READS) as connection:
        found, key = await person_faces.page_of_directory(connection, directory, query.limit, first)
    return found, None if key is None else write_cursor(_DIRECTORY_ORDER, key)


async def _unrecognizable_page(directory: str, query: PageQuery, state: State) -> tuple[list[EnrolledFace], str | None]:
    first = read_cursor(query.cursor, _RECOGNIZABILITY_ORDER, person_faces.RECOGNIZABILITY_KEY)
    model = await state.vectorizer.model_in_use()
    floor = await state.directories.floor(directory, model) or model.recognizability_floor or 0.0
    below = Floor(model.id, floor)
    async with state.database.connection(Share.READS) as connection:
        found, key = await person_faces.unrecognizable(connection, directory, below, query.limit, first)
    return found, None if key is None else write_cursor(_RECOGNIZABILITY_ORDER, key)


async def _unlike_page(directory: str, person: str | None, query: PageQuery, state: State) -> Response:
    after = read_cursor(query.cursor, _UNLIKE_ORDER, unlike.KEY)
    whose = Whose(directory, person, await state.vectorizer.model_in_use())
    async with state.database.connection(Share.READS) as connection:
        found, key = await unlike.page(connection, whose, query.limit, after)
    following = None if key is None else write_cursor(_UNLIKE_ORDER, key)
    return await Page.response((FaceAnswer.of_unlike(directory, each) for each in found), following)


@router.get(
    "/directories/{directory}/persons/{person}/faces",
    responses=_PROBLEMS | _OUTAGES,
    response_model=Page[FaceAnswer],
)
@needs(Scope.READ)
async def list_faces(
    directory: DirectoryName, person: PersonName, query: Annotated[PersonFacesQuery, Query()], state: StateOf
) -> Response:
    """List the faces of a person in pages, the oldest first, or only those that the parameters select."""
    if query.unlike:
        return await _unlike_page(directory, person, query, state)
    after = read_cursor(query.cursor, _ORDER, person_faces.KEY)
    async with state.database.connection(Share.READS) as connection:
        found, key = await person_faces.page(connection, directory, person, query.limit, after)
    following = None if key is None else write_cursor(_ORDER, key)
    return await Page.response((FaceAnswer.of(directory, face) for face in found), following)


@router.get("/directories/{directory}/persons/{person}/faces/{face}", responses=_PROBLEMS)
@needs(Scope.READ)
async def read_face(directory: DirectoryName, person: PersonName, face: _FaceId, state: StateOf) -> FaceAnswer:
    """Return a face of a person."""
    async with state.database.connection(Share.READS) as connection:
        return FaceAnswer.of(directory, await person_faces.read(connection, directory, person, face))


@router.delete(
    "/directories/{directory}/persons/{person}/faces/{face}", response_model=ReceiptAnswer, responses=_PROBLEMS
)
@needs(Scope.DELETE)
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
@needs(Scope.READ, Scope.IMAGES)
async def read_image(directory: DirectoryName, person: PersonName, face: _FaceId, state: StateOf) -> StreamingResponse:
    """Return the photograph of a face."""
    async with state.database.connection(Share.READS) as connection:
        found = await person_faces.read(connection, directory, person, face)
    if found.image is None:
        raise FileNotFound("The face was imported without its photograph.")
    return await images.shown(found.image, state, directory.__eq__, [person])


@router.get(
    "/directories/{directory}/persons/{person}/faces/{face}/crop",
    response_class=Response,
    responses=_PROBLEMS | {200: {"content": {"image/jpeg": {}}}},
)
@needs(Scope.READ, Scope.IMAGES)
async def read_crop(directory: DirectoryName, person: PersonName, face: _FaceId, state: StateOf) -> Response:
    """Return the aligned crop of a face, from which its embedding was computed: a JPEG of 112 x 112 pixels."""
    async with state.database.connection(Share.READS) as connection:
        stored = await person_faces.crop(connection, directory, person, face)
    crop = await decrypted_crop(state.images.keys, directory, stored)
    await state.reads.read(directory, persons=[person], object_=face)
    return Response(crop, media_type="image/jpeg", headers=images.PRIVATE)
