"""Routes that merge persons, list merges, and split a person."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, model_validator

from apiserver.access.scopes import Scope
from apiserver.api.fields import crop_url
from apiserver.api.persons import PersonAnswer
from apiserver.database.pool import Share
from apiserver.database.session import Connection
from apiserver.http.access.guard import needs
from apiserver.http.entity_tags import TAGGED, tagged
from apiserver.http.idempotency import KEY, IdempotentRoute
from apiserver.http.json.bodies import JsonBody, read_json
from apiserver.http.paging import Page, PageQuery, read_cursor, write_cursor
from apiserver.http.paths import DirectoryName, EncodedRoute, PersonName
from apiserver.names import Name, NameFilter
from apiserver.people import merges, past_merges, splits
from apiserver.people import records as persons
from apiserver.people.naming import check_names
from apiserver.people.past_merges import Obstacle, PastMerge
from apiserver.problems import InvalidField
from apiserver.state import State, StateOf
from serving.problem_responses import ProblemDetails

_STATUSES = (400, 404, 408, 409, 410, 422, 500, 503)
_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in _STATUSES}
_LIST_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 404, 500, 503)}
_ORDER = "merges"
_MAX_PERSONS = 100
_MAX_FACES = 1000

router = APIRouter(tags=["persons"], route_class=IdempotentRoute)
listing = APIRouter(tags=["persons"], route_class=EncodedRoute)


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


class MergesQuery(PageQuery):
    """Query parameters of the list of merges."""

    person: NameFilter | None = Field(None, description="Only merges into this person.")


class MergedPersonAnswer(BaseModel):
    """A person that a merge removed."""

    person: str = Field(examples=["anne"])
    display_name: str | None = Field(examples=["Anne Example"])
    faces: int = Field(description="Number of faces that come back when the merge is undone.", examples=[2])
    crop: str | None = Field(
        description="The most recognizable of them, 112 x 112; null if there is none, or if the key may not see "
        "photographs.",
        examples=["/directories/acme/persons/ann/faces/1120092e-8684-446d-9dd1-6a35418df10e/crop"],
    )


class PastMergeAnswer(BaseModel):
    """A merge, and whether it can be undone."""

    merge: UUID
    person: str = Field(description="Who has the faces now.", examples=["ann"])
    display_name: str | None = Field(examples=["Ann Example"])
    merged_at: datetime
    undone_at: datetime | None
    persons: list[MergedPersonAnswer] = Field(description="The removed persons; none once the merge is undone.")
    undoable: bool = Field(description="Whether `split` with `merge` undoes it.", examples=[True])
    obstacle: Obstacle | None = Field(
        description="Why it cannot be undone: the code of the problem. With `person-exists`, `into_existing` undoes it."
    )

    @classmethod
    def of(cls, directory: str, past: PastMerge) -> Self:
        """Return a merge as clients read it."""
        persons = [
            MergedPersonAnswer(
                person=each.person,
                display_name=each.display_name,
                faces=each.faces,
                crop=each.best and crop_url(directory, past.person, each.best),
            )
            for each in past.persons
        ]
        return cls(
            merge=past.merge,
            person=past.person,
            display_name=past.display_name,
            merged_at=past.merged_at,
            undone_at=past.undone_at,
            persons=persons,
            undoable=past.obstacle is None,
            obstacle=past.obstacle,
        )


@listing.get("/directories/{directory}/merges", responses=_LIST_PROBLEMS, response_model=Page[PastMergeAnswer])
@needs(Scope.READ)
async def list_merges(directory: DirectoryName, query: Annotated[MergesQuery, Query()], state: StateOf) -> Response:
    """List the merges of a directory in pages, the latest first."""
    after = read_cursor(query.cursor, _ORDER, past_merges.KEY)
    async with state.database.connection(Share.READS) as connection:
        found, key = await past_merges.page(connection, directory, query.person, query.limit, after)
    following = None if key is None else write_cursor(_ORDER, key)
    return await Page.response((PastMergeAnswer.of(directory, each) for each in found), following)


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
