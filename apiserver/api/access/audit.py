"""The route of the audit."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from apiserver.access.grants import current_grant
from apiserver.access.scopes import Scope
from apiserver.audit import listing
from apiserver.audit.listing import AuditFilter
from apiserver.audit.records import Entry
from apiserver.audit.verification import export_pages
from apiserver.database.pool import Share
from apiserver.http.access.guard import may_see, needs
from apiserver.http.checked_routes import CheckedRoute
from apiserver.http.paging import Page, PageQuery, read_cursor, write_cursor
from apiserver.list_keys import Time
from apiserver.names import NameFilter
from apiserver.problems import DirectoryNotFound
from apiserver.state import StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 404, 500, 503)}
_ORDER = "audit"
_LINES = "application/x-ndjson"

router = APIRouter(tags=["audit"], route_class=CheckedRoute)


class AuditQuery(PageQuery):
    """Query parameters of the audit."""

    directory: NameFilter | None = Field(None, description="Only entries of this directory.")
    subject: NameFilter | None = Field(None, description="Only actions of this key or account.")
    action: NameFilter | None = Field(
        None, description="Only this route or kind of job.", examples=["POST /learn", "job import"]
    )
    person: NameFilter | None = Field(
        None, description="Only entries about this person: of every directory that knows one of this name."
    )
    since: Time | None = Field(None, description="Only entries from then on.")
    until: Time | None = Field(None, description="Only entries before then.")
    request_id: NameFilter | None = Field(None, description="Only entries of this request or job.")

    def filter(self) -> AuditFilter:
        """Return the filter of the list."""
        return AuditFilter(
            directory=self.directory,
            subject=self.subject,
            action=self.action,
            since=self.since,
            until=self.until,
            request_id=self.request_id,
            person=self.person,
        )


class ExportQuery(BaseModel):
    """Query parameters of an export."""

    directory: NameFilter | None = Field(None, description="Only the chain of this directory.")


class AuditEntry(BaseModel):
    """An entry of the audit: who did what, without names of persons."""

    id: int = Field(examples=[4711])
    at: datetime
    directory: str | None = Field(
        description="null for entries without a directory, such as those about keys. ", examples=["acme"]
    )
    subject: str = Field(
        description="Id of the key, subject of an account, `open` without keys, or `service`.", examples=["open"]
    )
    action: str = Field(description="The route, or the kind of job.", examples=["POST /learn"])
    persons: list[str] = Field(
        description="Keyed hashes of the persons; the keys are deleted with the directory.",
        examples=[["0d3c…"]],
    )
    object: str | None = Field(description="Id of the face, photograph, job, merge or deletion.")
    outcome: str = Field(description="`ok`, or the code of a refusal.", examples=["ok"])
    request_id: str = Field(description="The request id of the answer and the log, or the id of the job.")
    address: str = Field(description="Address of the client.", examples=["192.0.2.7"])
    counts: dict[str, int] = Field(description="Numbers by kind.", examples=[{"created": 1}])
    position: int | None = Field(description="Place in the directory's chain; null until it is sealed, within seconds.")
    hash: str | None = Field(description="The seal, in hexadecimal; null until it is sealed.")

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Return an entry as clients read it."""
        hexadecimal = {"persons": [person.hex() for person in entry.persons], "hash": entry.hash and entry.hash.hex()}
        return cls(**(entry._asdict() | hexadecimal))


@router.get("/audit", responses=_PROBLEMS, response_model=Page[AuditEntry])
@needs(Scope.ADMIN)
async def list_audit(query: Annotated[AuditQuery, Query()], state: StateOf) -> Response:
    """List who did what in the directories of the caller, in pages, the newest entry first."""
    reach = current_grant().reach
    if query.directory is not None and not may_see(query.directory):
        raise DirectoryNotFound
    after = read_cursor(query.cursor, _ORDER, listing.KEY)
    async with state.database.unbound(Share.READS) as connection:  # the statement keeps to the caller's directories
        found, key = await listing.page(connection, reach, query.filter(), query.limit, after)
    return await Page.response(map(AuditEntry.of, found), None if key is None else write_cursor(_ORDER, key))


@router.get(
    "/audit/export",
    responses=_PROBLEMS | {200: {"content": {_LINES: {"schema": {"type": "string"}}}}},
    response_class=StreamingResponse,
)
@needs(Scope.ADMIN)
async def export_audit(query: Annotated[ExportQuery, Query()], state: StateOf) -> StreamingResponse:
    """Return the sealed entries of the caller's directories as lines of JSON, which `faceserver audit verify` checks.

    Each chain begins with a line about itself; its entries follow in the order in which they were sealed.
    """
    reach = current_grant().reach
    if query.directory is not None and not may_see(query.directory):
        raise DirectoryNotFound
    pages = export_pages(state.database, reach, query.directory)
    return StreamingResponse((_json_lines(page) async for page in pages), media_type=_LINES)


def _json_lines(page: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in page)
