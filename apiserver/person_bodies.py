"""Persons as clients write and read them."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field, Json

from apiserver.json_bodies import JsonBody
from apiserver.names import Name
from apiserver.paging import PageQuery
from apiserver.person_lists import Sort, Wanted
from apiserver.persons import Details, Person
from apiserver.storable import Metadata, Text


class PersonBody(JsonBody):
    """What is known of a person beside the faces; what is left out or null is nothing."""

    display_name: Text | None = Field(
        None, max_length=1000, description="For people to read.", examples=["Ann Example"]
    )
    external_id: Name | None = Field(
        None, description="The person's key elsewhere; nobody else of the directory has the same.", examples=["4711"]
    )
    metadata: Metadata | None = Field(
        None, description="A JSON object of your own, at most 16 KB.", examples=[{"department": "sales"}]
    )

    def details(self) -> Details:
        """Return it as it is stored."""
        return Details(self.display_name, self.external_id, self.metadata or {})


class PersonPatch(PersonBody):
    """What is to change of a person; what is left out stays, and null takes it away."""

    person: Name = Field("", description="The new id of the person.", examples=["ann"], validate_default=False)

    def changes(self) -> dict[str, Any]:
        """Return what was given, by name."""
        changes = self.model_dump(exclude_unset=True)
        return changes | {"metadata": self.metadata or {}} if "metadata" in changes else changes


class PersonsQuery(PageQuery):
    """Whom to list, and how."""

    sort: Sort = Sort.PERSON
    prefix: Text = Field("", max_length=255, description="Only ids that begin with it, to the letter.")
    external_id: Text | None = Field(None, max_length=255, description="Only the person who has it.")
    metadata: Json[Metadata] | None = Field(
        None, description="Only persons whose metadata contain this JSON object.", examples=['{"team": "blue"}']
    )

    def wanted(self) -> Wanted:
        """Return whom the list holds."""
        return Wanted(self.sort, self.prefix, self.external_id, self.metadata)


class PersonAnswer(BaseModel):
    """A person of a directory."""

    directory: str = Field(examples=["acme"])
    person: str = Field(description="The id, as /learn was told it.", examples=["ann"])
    display_name: str | None = Field(examples=["Ann Example"])
    external_id: str | None = Field(examples=["4711"])
    metadata: dict[str, Any] = Field(examples=[{"department": "sales"}])
    faces: int = Field(description="How many are enrolled, of all models.", examples=[3])
    created_at: datetime
    updated_at: datetime = Field(description="When it was edited last.")
    last_seen_at: datetime | None = Field(description="When recognized as a match last, to the hour; null: never.")
    revision: int = Field(description="One more with every edit.", examples=[1])

    @classmethod
    def of(cls, person: Person) -> Self:
        """Return what a client reads of a person."""
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
