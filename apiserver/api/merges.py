"""Routes that merge persons and split a person."""

from typing import Any, Self
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, model_validator

from apiserver.access.scopes import Scope
from apiserver.api.persons import PersonAnswer
from apiserver.database import Connection, Share
from apiserver.http.access.guard import needs
from apiserver.http.entity_tags import TAGGED, tagged
from apiserver.http.idempotency import KEY, IdempotentRoute
from apiserver.http.json_bodies import JsonBody, read_json
from apiserver.http.paths import DirectoryName, PersonName
from apiserver.names import Name
from apiserver.people import merges, splits
from apiserver.people import records as persons
from apiserver.people.naming import check_names
from apiserver.problems import InvalidField
from apiserver.state import State
from serving.problem_responses import ProblemDetails

_STATUSES = (400, 404, 408, 409, 410, 422, 500, 503)
_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in _STATUSES}
_MAX_PERSONS = 100
_MAX_FACES = 1000

router = APIRouter(tags=["persons"], route_class=IdempotentRoute)


class MergeBody(JsonBody):
    """The persons to merge."""

    others: list[Name] = Field(
        alias="from",
        min_length=1,
        max_length=_MAX_PERSONS,
        fail_fast=True,
        description="Persons to merge into the person in the path. They are deleted; their faces are moved.",
        examples=[["ann-2", "anne"]],
    )


class MergeAnswer(PersonAnswer):
    """The person after the merge."""

    merge: UUID = Field(description="Id of the merge, needed to undo it.")


class SplitBody(JsonBody):
    """Either a merge to undo, or faces and the person they belong to."""

    merge: UUID | None = Field(None, description="The merge to undo. Excludes `faces` and `person`.")
    faces: list[UUID] | None = Field(
        None,
        min_length=1,
        max_length=_MAX_FACES,
        fail_fast=True,
        description="The faces to move to `person`.",
        examples=[["f323466b-1e04-4d87-80eb-e950fde57ede"]],
    )
    person: Name | None = Field(None, description="The person to whom `faces` belong.", examples=["bob"])
    into_existing: bool = Field(False, description="Whether a person to be created may already exist.")

    @model_validator(mode="after")
    def _check_exclusive(self) -> Self:
        chosen = self.faces is not None, self.person is not None
        if any(chosen) == (self.merge is not None) or any(chosen) != all(chosen):
            raise ValueError("give either `merge`, or both `faces` and `person`")
        return self


class SplitAnswer(BaseModel):
    """The persons that were created or extended."""

    persons: list[PersonAnswer]


@router.post(
    "/directories/{directory}/persons/{person}/merge",
    response_model=MergeAnswer,
    responses=_PROBLEMS | TAGGED,
    openapi_extra=MergeBody.request_body() | {"parameters": [KEY]},
)
@needs(Scope.EDIT)
async def merge_persons(directory: DirectoryName, person: PersonName, request: Request) -> Response:
    """Move the faces of other persons to a person, and delete the others; the person's details stay unchanged."""
    others = (await read_json(request, MergeBody)).others
    if person in others or len(set(others)) < len(others):
        raise InvalidField("from: it must not name a person twice, nor the person in the path.")
    async with State.of(request).database.connection(Share.LONG) as connection:
        merge_id = await merges.merge(connection, directory, person, others)
        merged = await persons.read(connection, directory, person)
    return tagged(MergeAnswer(**PersonAnswer.of(merged).model_dump(), merge=merge_id), merged.revision)


@router.post(
    "/directories/{directory}/persons/{person}/split",
    response_model=SplitAnswer,
    responses=_PROBLEMS,
    openapi_extra=SplitBody.request_body() | {"parameters": [KEY]},
)
@needs(Scope.EDIT)
async def split_person(directory: DirectoryName, person: PersonName, request: Request) -> SplitAnswer:
    """Undo a merge, or move some of a person's faces to another person."""
    body = await read_json(request, SplitBody)
    await check_names(State.of(request).database, directory, body.person)
    async with State.of(request).database.connection(Share.LONG) as connection:
        names = await _split(connection, directory, person, body)
        found = [await persons.read(connection, directory, name) for name in names]
    return SplitAnswer(persons=[PersonAnswer.of(person) for person in found])


async def _split(connection: Connection, directory: str, person: str, body: SplitBody) -> list[str]:
    if body.merge:
        return await splits.undo(connection, directory, person, body.merge, into_existing=body.into_existing)
    if not body.faces or not body.person:
        raise InvalidField("faces: `person` is required with it.")
    await splits.take_faces(connection, directory, person, body.faces, body.person, into_existing=body.into_existing)
    return [body.person]
