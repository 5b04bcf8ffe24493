"""The route of what happened in a directory."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from apiserver.access.scopes import Scope
from apiserver.api.fields import crop_url, file_url
from apiserver.database.pool import Share
from apiserver.http.access.guard import needs
from apiserver.http.paging import Page, PageQuery, read_cursor, write_cursor
from apiserver.http.paths import DirectoryName, EncodedRoute
from apiserver.people import activity
from apiserver.people.activity import Event, EventKind
from apiserver.state import StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 404, 500, 503)}
_ORDER = "activity"

router = APIRouter(tags=["directories"], route_class=EncodedRoute)


class ActivityQuery(PageQuery):
    """Query parameters of the list of events."""

    kind: list[EventKind] = Field([], description="Only events of this kind; may be repeated.")


class LearnedAnswer(BaseModel):
    """A face that was learned from a photograph."""

    person: str = Field(description="Who has it now.", examples=["ann"])
    face: UUID
    crop: str | None = Field(
        description="The face, 112 x 112; null if the key may not see photographs.",
        examples=["/directories/acme/persons/ann/faces/1120092e-8684-446d-9dd1-6a35418df10e/crop"],
    )


class PhotographEvent(BaseModel):
    """A stored photograph."""

    image: str | None = Field(
        description="null if the key may not see photographs.",
        examples=["/files/47aa5e19-c120-84b0-a5a0-d64d932fb8eb.jpg"],
    )
    recognized: list[str] = Field(description="Who was named on it.", examples=[["ann"]])
    learned: list[LearnedAnswer] = Field(description="The faces that were learned from it.")


class AddedEvent(BaseModel):
    """A person who was added."""

    person: str = Field(examples=["ann"])
    display_name: str | None = Field(examples=["Ann Example"])


class MergedEvent(BaseModel):
    """A merge into a person; see the list of merges."""

    merge: UUID
    person: str = Field(examples=["ann"])
    undone_at: datetime | None


class DeletedEvent(BaseModel):
    """A deletion, without names."""

    deletion: UUID
    persons: int = Field(examples=[1])
    faces: int = Field(examples=[3])
    images: int = Field(examples=[3])
    finished_at: datetime | None = Field(description="When the last photograph was deleted; null: not yet.")


class EventAnswer(BaseModel):
    """An event; the field that `kind` names has its details."""

    at: datetime
    kind: EventKind
    photograph: PhotographEvent | None = None
    added: AddedEvent | None = None
    merged: MergedEvent | None = None
    deleted: DeletedEvent | None = None

    @classmethod
    def of(cls, directory: str, event: Event) -> Self:
        """Return an event as clients read it."""
        details = event.details
        if event.kind is EventKind.PHOTOGRAPH:
            details = {**details, "image": file_url(event.id), "learned": _learned(directory, details["learned"])}
        return cls.model_validate({"at": event.at, "kind": event.kind, event.kind.value: details})


def _learned(directory: str, faces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**face, "crop": crop_url(directory, face["person"], UUID(face["face"]))} for face in faces]


@router.get("/directories/{directory}/activity", responses=_PROBLEMS, response_model=Page[EventAnswer])
@needs(Scope.READ)
async def list_activity(directory: DirectoryName, query: Annotated[ActivityQuery, Query()], state: StateOf) -> Response:
    """List what happened in a directory in pages, the latest first, from stored data."""
    after = read_cursor(query.cursor, _ORDER, activity.KEY)
    async with state.database.connection(Share.READS) as connection:
        found, key = await activity.page(connection, directory, query.kind, query.limit, after)
    following = None if key is None else write_cursor(_ORDER, key)
    return await Page.response((EventAnswer.of(directory, each) for each in found), following)
