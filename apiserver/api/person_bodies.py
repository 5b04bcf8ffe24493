"""Request and response bodies of persons."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field, Json

from apiserver.http.json_bodies import JsonBody
from apiserver.http.paging import PageQuery
from apiserver.names import Metadata, Name, Text
from apiserver.people.listing import PersonsFilter, Sort
from apiserver.people.records import Details, Person


class PersonBody(JsonBody):
    """Details of a person. Omitted or null fields are empty."""

    display_name: Text | None = Field(None, max_length=1000, description="Name for display.", examples=["Ann Example"])
    external_id: Name | None = Field(
        None, description="Id of the person in another system, unique in the directory.", examples=["4711"]
    )
    metadata: Metadata | None = Field(
        None, description="Any JSON object of at most 16 KB.", examples=[{"department": "sales"}]
    )

    def details(self) -> Details:
        """Return the details to store."""
        return Details(self.display_name, self.external_id, self.metadata or {})


class PersonPatch(PersonBody):
    """Changes to a person. Omitted fields stay unchanged; null clears a field."""

    person: Name = Field("", description="New id of the person.", examples=["ann"], validate_default=False)

    def changes(self) -> dict[str, Any]:
        """Return the fields that the client sent."""
        changes = self.model_dump(exclude_unset=True)
        return changes | {"metadata": self.metadata or {}} if "metadata" in changes else changes


class PersonsQuery(PageQuery):
    """Query parameters of the list of persons."""

    sort: Sort = Sort.PERSON
    prefix: Text = Field("", max_length=255, description="Only ids with this prefix (case-sensitive).")
    external_id: Text | None = Field(None, max_length=255, description="Only the person with this external id.")
    metadata: Json[Metadata] | None = Field(
        None, description="Only persons whose metadata contains this JSON object.", examples=['{"team": "blue"}']
    )

    def filter(self) -> PersonsFilter:
        """Return the filter of the list."""
        return PersonsFilter(self.sort, self.prefix, self.external_id, self.metadata)


class PersonAnswer(BaseModel):
    """A person of a directory."""

    directory: str = Field(examples=["acme"])
    person: str = Field(description="Id of the person, as given to /learn.", examples=["ann"])
    display_name: str | None = Field(examples=["Ann Example"])
    external_id: str | None = Field(examples=["4711"])
    metadata: dict[str, Any] = Field(examples=[{"department": "sales"}])
    faces: int = Field(description="Number of enrolled faces, of all models.", examples=[3])
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
            faces=person.faces,
            created_at=person.created_at,
            updated_at=person.updated_at,
            last_seen_at=person.last_seen_at,
            revision=person.revision,
        )
