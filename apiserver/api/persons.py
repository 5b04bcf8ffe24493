"""Routes of persons."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel, Field, Json

from apiserver.access.grants import current_grant
from apiserver.access.scopes import Scope
from apiserver.api.deletions import ReceiptAnswer, receipt_response
from apiserver.api.fields import crop_url
from apiserver.consent import Consent, Time
from apiserver.database.pool import Share
from apiserver.directories.records import require_room
from apiserver.http.access.guard import needs
from apiserver.http.entity_tags import (
    FAILED_PRECONDITION,
    NOT_MODIFIED,
    TAGGED,
    IfMatch,
    IfMatchOrAbsent,
    IfNoneMatch,
    tagged,
)
from apiserver.http.json.bodies import JsonBody, read_json
from apiserver.http.paging import Page, PageQuery, read_cursor, write_cursor
from apiserver.http.paths import DirectoryName, EncodedRoute, PersonName
from apiserver.names import Metadata, Name, NameFilter, Text
from apiserver.people import listing as person_lists
from apiserver.people import records as persons
from apiserver.people.listing import MAX_WORDS, PersonsFilter, Sort
from apiserver.people.naming import check_name, check_names
from apiserver.people.records import Details, Person
from apiserver.state import State, StateOf
from apiserver.turns import consumed
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 404, 500, 503)}
_WRITING: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (408, 409)}

router = APIRouter(tags=["persons"], route_class=EncodedRoute)


class PersonBody(JsonBody):
    """Details of a person. Omitted or null fields are empty."""

    display_name: Text | None = Field(None, max_length=1000, description="Name for display.", examples=["Ann Example"])
    external_id: Name | None = Field(
        None, description="Id of the person in another system, unique in the directory.", examples=["4711"]
    )
    metadata: Metadata | None = Field(
        None, description="Any JSON object of at most 16 KB.", examples=[{"department": "sales"}]
    )
    consent: Consent | None = Field(None, description="The person's consent, replaced as a whole; null: there is none.")
    restricted: bool | None = Field(
        None,
        description="Whether the person is kept, but never named. Omitted, it stays as it is.",
        examples=[False],
    )

    def details(self) -> Details:
        """Return the details to store."""
        restricted = bool(self.restricted)
        return Details(self.display_name, self.external_id, self.metadata or {}, self.consent, restricted)


class PersonPatch(PersonBody):
    """Changes to a person. Omitted fields stay unchanged; null clears a field."""

    person: Name = Field("", description="New id of the person.", examples=["ann"], validate_default=False)

    def changes(self) -> dict[str, Any]:
        """Return the fields that the client sent."""
        changes = {name: getattr(self, name) for name in self.model_fields_set}
        empty = {"metadata": {}, "restricted": False}
        return {name: empty.get(name) if value is None else value for name, value in changes.items()}


def _few_words(search: str) -> str:
    if len(search.split()) > MAX_WORDS:
        raise ValueError(f"has more than {MAX_WORDS} words")
    return search


class PersonsQuery(PageQuery):
    """Query parameters of the list of persons."""

    sort: Sort = Field(
        Sort.PERSON,
        description="`name`: the display name, or else the id, without case and accents. `faces`: their number.",
    )
    search: Annotated[NameFilter, AfterValidator(_few_words)] = Field(
        "",
        description="Only persons whose id, display name or external id contain each of these words, regardless of "
        "case, accents and width.",
        examples=["muller"],
    )
    prefix: NameFilter = Field("", description="Only ids with this prefix (case-sensitive).")
    external_id: NameFilter | None = Field(None, description="Only the person with this external id.")
    metadata: Json[Metadata] | None = Field(
        None, description="Only persons whose metadata contains this JSON object.", examples=['{"team": "blue"}']
    )

    named: bool | None = Field(None, description="Only persons with a display name, or only those without.")
    warned: bool | None = Field(
        None, description="Only persons with a warning about one of their faces that nobody dismissed, or without."
    )
    created_since: Time | None = Field(None, description="Only persons added at this time or later.")
    seen_since: Time | None = Field(None, description="Only persons recognized at this time or later, to the hour.")

    def filter(self) -> PersonsFilter:
        """Return the filter of the list."""
        return PersonsFilter(**self.model_dump(exclude={"limit", "cursor"}))


class PersonAnswer(BaseModel):
    """A person of a directory."""

    directory: str = Field(examples=["acme"])
    person: str = Field(description="Id of the person, as given to /learn.", examples=["ann"])
    display_name: str | None = Field(examples=["Ann Example"])
    external_id: str | None = Field(examples=["4711"])
    metadata: dict[str, Any] = Field(examples=[{"department": "sales"}])
    consent: Consent | None = Field(description="The person's consent; null: there is none.")
    restricted: bool = Field(description="Whether the person is kept, but never named.", examples=[False])
    faces: int = Field(description="Number of enrolled faces, of all models.", examples=[3])
    photographs: int = Field(description="Number of these faces whose photograph is kept.", examples=[3])
    warnings: int = Field(description="Number of warnings about these faces that nobody dismissed.", examples=[0])
    crop: str | None = Field(
        description="The most recognizable face, 112 x 112; null if there is none, or if the key may not see "
        "photographs.",
        examples=["/directories/acme/persons/ann/faces/1120092e-8684-446d-9dd1-6a35418df10e/crop"],
    )
    created_at: datetime
    updated_at: datetime = Field(description="Time of the last change.")
    last_seen_at: datetime | None = Field(description="Time of the last match, to the hour; null: never.")
    revision: int = Field(description="Incremented by every change.", examples=[1])

    @classmethod
    def of(cls, person: Person) -> Self:
        """Convert a person to its response model."""
        return cls(
            directory=person.directory,
            person=person.person,
            display_name=person.details.display_name,
            external_id=person.details.external_id,
            metadata=person.details.metadata,
            consent=person.details.consent,
            restricted=person.details.restricted,
            faces=person.enrolled.faces,
            photographs=person.enrolled.photographs,
            warnings=person.enrolled.warnings,
            crop=person.enrolled.best and crop_url(person.directory, person.person, person.enrolled.best),
            created_at=person.created_at,
            updated_at=person.updated_at,
            last_seen_at=person.last_seen_at,
            revision=person.revision,
        )


@router.get("/directories/{directory}/persons", responses=_PROBLEMS, response_model=Page[PersonAnswer])
@needs(Scope.READ)
async def list_persons(directory: DirectoryName, query: Annotated[PersonsQuery, Query()], state: StateOf) -> Response:
    """List the persons of a directory in pages."""
    order = f"persons {query.sort}"
    after = read_cursor(query.cursor, order, person_lists.KEYS[query.sort.column])
    # The index of metadata cannot be used below a policy; the statement names its directory.
    async with state.database.unbound(Share.READS) as connection:
        found, key = await person_lists.page(connection, directory, query.filter(), query.limit, after)
    following = None if key is None else write_cursor(order, key)
    return await Page.response(map(PersonAnswer.of, consumed(found)), following)


@router.get(
    "/directories/{directory}/persons/{person}",
    response_model=PersonAnswer,
    responses=_PROBLEMS | TAGGED | NOT_MODIFIED,
)
@needs(Scope.READ)
async def read_person(directory: DirectoryName, person: PersonName, known: IfNoneMatch, state: StateOf) -> Response:
    """Return a person. The entity tag covers the editable details only."""
    async with state.database.connection(Share.READS) as connection:
        found = await persons.read(connection, directory, person)
    return tagged(PersonAnswer.of(found), found.revision, known=known)


@router.put(
    "/directories/{directory}/persons/{person}",
    response_model=PersonAnswer,
    responses=_PROBLEMS | _WRITING | TAGGED | FAILED_PRECONDITION | {201: {"model": PersonAnswer}},
    openapi_extra=PersonBody.request_body(),
)
@needs(Scope.EDIT)
async def write_person(
    directory: DirectoryName, person: PersonName, condition: IfMatchOrAbsent, request: Request
) -> Response:
    """Replace the details of a person; create the person (201), without a face, if missing."""
    state = State.of(request)
    body = await read_json(request, PersonBody)
    await check_names(state.database, directory, person)
    await require_room(state.database, state.usage, directory)
    async with state.database.connection() as connection:
        written, created = await persons.put(
            connection,
            directory,
            person,
            body.details(),
            condition,
            make_directory=state.settings.directories_on_learn and current_grant().may_make(directory),
            keep_restriction=body.restricted is None,
        )
    return tagged(PersonAnswer.of(written), written.revision, status=201 if created else 200)


@router.patch(
    "/directories/{directory}/persons/{person}",
    response_model=PersonAnswer,
    responses=_PROBLEMS | _WRITING | TAGGED | FAILED_PRECONDITION,
    openapi_extra=PersonPatch.request_body(),
)
@needs(Scope.EDIT)
async def patch_person(directory: DirectoryName, person: PersonName, condition: IfMatch, request: Request) -> Response:
    """Change some details of a person, or the id."""
    body = await read_json(request, PersonPatch)
    if body.person:
        check_name("person", body.person)
    async with State.of(request).database.connection(Share.LONG) as connection:
        edited = await persons.edit(connection, directory, person, body.changes(), condition)
    return tagged(PersonAnswer.of(edited), edited.revision)


@router.delete(
    "/directories/{directory}/persons/{person}",
    response_model=ReceiptAnswer,
    responses=_PROBLEMS | FAILED_PRECONDITION,
)
@needs(Scope.DELETE)
async def delete_person(directory: DirectoryName, person: PersonName, condition: IfMatch, state: StateOf) -> Response:
    """Delete a person with faces, crops and embeddings at once; photographs are removed from the store soon after."""
    return receipt_response(await state.erasure.person(directory, person, condition))
