"""/recognition/faces: the photographs of subjects, which are the faces of persons."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field, TypeAdapter, ValidationError
from starlette.types import Scope as HttpScope

from apiserver.access.grants import default_directory
from apiserver.access.limits import ENROLLING
from apiserver.access.scopes import Scope
from apiserver.api import images
from apiserver.api.compreface.faces import answer
from apiserver.api.compreface.problems import Code, Coded
from apiserver.api.compreface.requests import parameters, read_photographs
from apiserver.api.compreface.routes import CompreFacePhotographRoute, CompreFaceRoute, path_name
from apiserver.api.compreface.subjects import new_subject
from apiserver.biometrics.choice import FaceChoice
from apiserver.biometrics.face import Analysis, Look
from apiserver.database.pool import Share
from apiserver.directories.records import require_room
from apiserver.enrolment.learning import Sample
from apiserver.http.access.guard import needs
from apiserver.http.json.bodies import read_small
from apiserver.http.photographs import PhotographCall
from apiserver.names import checked_name
from apiserver.people import photographs, subjects
from apiserver.people.naming import check_names
from apiserver.people.photographs import Owned
from apiserver.problems import DatabaseBusy, FaceNotFound, FileNotFound, InvalidJson, InvalidName
from apiserver.state import State
from apiserver.vectorizers.wire import ENROLMENT_WANTS

_PATH = "/api/v1/recognition/faces"
_DELETE_PATH = f"{_PATH}/delete"
_USUAL_PAGE, _MAX_PAGE = 20, 2000
_MAX_PAGES = 1_000_000
_MAX_DELETED = 10_000
_MAX_BYTES = 50 * _MAX_DELETED
_IDS: TypeAdapter[list[UUID]] = TypeAdapter(Annotated[list[UUID], Field(fail_fast=True)])
_ATTEMPTS = 3
_NO_IMAGE = "application/octet-stream"

router = APIRouter(route_class=CompreFaceRoute)
adding = APIRouter(route_class=CompreFacePhotographRoute)


@adding.post(_PATH, status_code=201)
@needs(Scope.ENROL, spends=ENROLLING)
async def add_face(request: Request) -> Response:
    """Enrol the only face of a photograph; the subject is made if there is none with this name."""
    call = PhotographCall.of(request)
    call.state.space.require()
    wanted, [upload] = await read_photographs(call, "file")
    name = new_subject(wanted.required("subject"))
    state, directory = call.state, default_directory()
    person = await _person(state, directory, name) or name
    await check_names(state.database, directory, person)
    await require_room(state.database, state.usage, directory)
    await state.learning.require(directory, person)
    analysis, photograph = await call.analyse_to_store(upload, Look(), ENROLMENT_WANTS)
    analysis = replace(analysis, faces=analysis.select(min_score=wanted.min_score, min_size=0))
    sample = Sample(directory, name, photograph, FaceChoice.ONLY, None)
    face, person = await _learned(call, sample, analysis)
    return answer({"image_id": str(face), "subject": person}, 201)


async def _learned(call: PhotographCall, sample: Sample, analysis: Analysis) -> tuple[UUID, str]:
    """Return the enrolled face of a subject, and whose it is.

    If another call changes the subject at the same time, the photograph is learned again, which changes nothing if it
    was enrolled already.
    """
    is_new, left = False, _ATTEMPTS
    while True:
        left -= 1
        known = await _person(call.state, sample.directory, sample.person)
        is_new = is_new or known is None
        person = known or sample.person
        try:
            learned = await call.state.learning.learn(replace(sample, person=person), analysis, call.stages)
            if is_new:
                async with call.state.database.unbound(Share.LONG) as connection:
                    person = await subjects.settle(connection, sample.directory, person)
        except DatabaseBusy:
            if not left:
                raise
        else:
            return learned.enrolment.face, person


@router.get(_PATH)
@needs(Scope.READ)
async def list_faces(request: Request) -> Response:
    """List the photographs of a subject, or of all, in numbered pages."""
    wanted, directory = parameters(request), default_directory()
    number = wanted.page("page", 0, 0, _MAX_PAGES)
    size = wanted.page("size", _USUAL_PAGE, 1, _MAX_PAGE)
    state = State.of(request)
    named = wanted.texts.get("subject")
    person = await _person(state, directory, named) if named else None
    total, found = 0, list[Owned]()
    if not named or person is not None:
        async with state.database.connection(Share.READS) as connection:
            total = await photographs.count(connection, directory, person)
            found = await photographs.page(connection, directory, person, size, number * size)
    return answer(
        {
            "faces": _listed(found),
            "page_number": number,
            "page_size": size,
            "total_pages": -(-total // size),
            "total_elements": total,
        }
    )


@router.delete(_PATH)
@needs(Scope.DELETE)
async def delete_faces(request: Request) -> Response:
    """Delete all faces of a subject, or of all subjects; the subjects stay."""
    state, directory = State.of(request), default_directory()
    named = parameters(request).texts.get("subject")
    person = await _person(state, directory, named) if named else None
    if named and person is None:
        return answer({"deleted": 0})
    async with state.database.connection(Share.READS) as connection:
        faces = await photographs.ids(connection, directory, person)
    receipt = await state.erasure.faces(directory, faces)
    return answer({"deleted": receipt.faces if receipt else 0})


@router.delete(f"{_PATH}/{{image_id}}")
@needs(Scope.DELETE)
async def delete_face(request: Request) -> Response:
    """Delete a face."""
    face = image_id(request)
    found = await _deleted(request, [face])
    if not found:
        raise FaceNotFound(f"Image {face} not found")
    return answer(_listed(found)[0])


@router.post(_DELETE_PATH)
@needs(Scope.DELETE, free=True)
async def delete_some_faces(request: Request) -> Response:
    """Delete those of some faces that exist, and return them."""
    return answer(_listed(await _deleted(request, await _ids(request))))


@router.get(f"{_PATH}/{{image_id}}/img")
@needs(Scope.READ, Scope.IMAGES)
async def read_face_image(request: Request) -> Response:
    """Return a photograph, or nothing if there is none."""
    return await _shown(request)


@router.get("/api/v1/static/{api_key}/images/{image_id}")
@needs(Scope.READ, Scope.IMAGES)
async def read_static_image(request: Request) -> Response:
    """Return a photograph to a client that sends the token in the path."""
    return await _shown(request)


def is_exempt(scope: HttpScope) -> bool:
    """Tell whether a request deletes by a method other than DELETE."""
    return bool(scope["path"] == _DELETE_PATH and scope["method"] == "POST")


def image_id(request: Request) -> UUID:
    """Return the id of a face in the path. Raises FaceNotFound if it is not a UUID."""
    text = path_name(request, "image_id")
    try:
        return UUID(text)
    except ValueError as error:
        raise FaceNotFound("Image Id is incorrect") from error


async def _person(state: State, directory: str, name: str) -> str | None:
    """Return the person with a name, None if there is none, also because nobody can have it."""
    try:
        composed = checked_name(name)
    except InvalidName:
        return None
    async with state.database.unbound(Share.READS) as connection:
        return await subjects.find(connection, directory, composed)


async def _deleted(request: Request, faces: Sequence[UUID]) -> list[Owned]:
    state, directory = State.of(request), default_directory()
    async with state.database.connection(Share.READS) as connection:
        found = await photographs.owners(connection, directory, faces)
    await state.erasure.faces(directory, [each.face for each in found])
    return found


async def _ids(request: Request) -> list[UUID]:
    """Return the ids in the body of a request. Raises InvalidJson or Coded."""
    body = await read_small(request, max_bytes=_MAX_BYTES)
    if body.count(b",") > _MAX_DELETED or body.count(b"[") > 1:
        raise InvalidJson("The body has too many values.")
    try:
        return _IDS.validate_json(body)
    except ValidationError as error:
        raise Coded(Code.INVALID, "The body must be a list of image ids") from error


def _listed(faces: Sequence[Owned]) -> list[dict[str, str]]:
    return [{"image_id": str(each.face), "subject": each.person} for each in faces]


async def _shown(request: Request) -> Response:
    """Return the photograph of a face as it is stored. Raises FaceNotFound or an Outage."""
    state, directory, face = State.of(request), default_directory(), image_id(request)
    async with state.database.connection(Share.READS) as connection:
        found = await photographs.find(connection, directory, face)
    if found is None or found.image is None:
        return Response(media_type=_NO_IMAGE, headers=images.PRIVATE)
    try:
        return await images.shown(found.image, state, directory.__eq__, [found.person])
    except FileNotFound:
        return Response(media_type=_NO_IMAGE, headers=images.PRIVATE)
