"""Routes of keys."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, TypeAdapter

from apiserver.access.grants import current_grant
from apiserver.access.limits import Limit
from apiserver.access.scopes import Scope
from apiserver.database.pool import Share
from apiserver.http.access.guard import needs
from apiserver.http.checked_routes import CheckedRoute
from apiserver.http.json.bodies import JsonBody, read_json
from apiserver.http.paging import Page, PageQuery, read_cursor, write_cursor
from apiserver.keys import changing, new_keys, records
from apiserver.keys.new_keys import NewKey
from apiserver.keys.records import KeyRecord
from apiserver.keys.wishes import check_authority, directories_of
from apiserver.names import Name, Text
from apiserver.state import State, StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 408, 500, 503)}
_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": ProblemDetails}}

_ORDER = "keys"
_AFTER: TypeAdapter[tuple[str]] = TypeAdapter(tuple[str])
_MAX_LISTED = 1000

router = APIRouter(tags=["keys"], route_class=CheckedRoute)


_Limits = Annotated[
    dict[str, float | None],
    Field(
        max_length=len(Limit),
        description="The key's own limits by name, such as `requests_per_minute`; null: that of the service.",
        examples=[{"requests_per_minute": 600, "faces_per_day": 10_000}],
    ),
]


class KeyFields(JsonBody):
    """What a key is made of."""

    name: Name = Field(description="Name for people.", examples=["door-3"])
    scopes: list[str] = Field(
        min_length=1,
        max_length=_MAX_LISTED,
        description="Scopes, or `learn` (recognize, read, enrol), `manage` (all of a directory's), `admin` (all).",
        examples=[["recognize"]],
    )
    directories: list[Annotated[str, StringConstraints(min_length=1, max_length=256)]] = Field(
        min_length=1,
        max_length=_MAX_LISTED,
        description="Names, prefixes that end in a separator and `*`, such as `acme/*`, or `*` for all.",
        examples=[["acme"]],
    )
    note: Annotated[Text, StringConstraints(max_length=1000)] | None = Field(None, examples=["the east door"])
    expires_at: AwareDatetime | None = Field(
        None, strict=False, description="When it stops working; null: never.", examples=["2126-11-29T00:00:00Z"]
    )
    limits: _Limits = Field(default_factory=dict)


class KeyBody(KeyFields):
    """A key to make."""

    kind: Literal["bearer", "uuid", "pair"] = Field(
        "bearer",
        description="`uuid`: for clients of CompreFace, whose keys are UUIDs; it has exactly one directory. "
        "`pair`: for clients of Amazon Rekognition, which sign requests; it requires a master key of the gateway.",
    )


class KeyPatch(KeyFields):
    """Changes to a key. Omitted fields and limits stay unchanged; null clears a note, an expiry or a limit."""

    name: Name = Field("", validate_default=False, examples=["door-3"])
    scopes: list[str] = Field([], min_length=1, max_length=_MAX_LISTED, examples=[["recognize"]])
    directories: list[Annotated[str, StringConstraints(min_length=1, max_length=256)]] = Field(
        [], min_length=1, max_length=_MAX_LISTED, examples=[["acme"]]
    )

    def changes(self) -> dict[str, Any]:
        """Return the fields that the client sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class RotationBody(JsonBody):
    """How to rotate a key."""

    overlap_seconds: int = Field(
        int(records.DEFAULT_OVERLAP.total_seconds()),
        ge=0,
        le=90 * 86_400,
        description="How long the previous text still works.",
    )


class KeyAnswer(BaseModel):
    """A key, without its text."""

    id: str = Field(examples=["3vQ0x9LkP2aB"])
    kind: str = Field(
        description="How callers use it: `bearer` and `uuid` are sent, `uuid` by clients of CompreFace; `pair` signs "
        "requests of clients of Amazon Rekognition.",
        examples=["bearer"],
    )
    name: str = Field(examples=["door-3"])
    note: str | None
    scopes: list[Scope]
    directories: list[str] = Field(examples=[["acme"]])
    limits: dict[str, int | float] = Field(
        description="The key's own limits; for all others, those of the service apply. ",
        examples=[{"requests_per_minute": 600}],
    )
    created_at: datetime
    created_by: str = Field(description="The caller that made it.", examples=["key:8sT2mWq0ZrXc"])
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute; null: never used.")
    previous_until: datetime | None = Field(description="When the text before the last rotation expires.")


class NewKeyAnswer(KeyAnswer):
    """A key with its text, which is shown only here."""

    key: str = Field(description="The text to send, or the secret access key of a `pair`; it cannot be read again.")
    images_token: str | None = Field(
        description="Only of a `uuid`: the token that replaces the key in paths of photographs, and is valid for "
        "nothing else."
    )
    access_key_id: str | None = Field(description="Only of a `pair`: the access key id, which requests contain.")


@router.post(
    "/keys",
    status_code=201,
    response_model=NewKeyAnswer,
    responses=_PROBLEMS,
    openapi_extra=KeyBody.request_body(),
)
@needs(Scope.ADMIN)
async def create_key(request: Request) -> Response:
    """Make a key. It can give only scopes and directories that the caller has."""
    body = await read_json(request, KeyBody)
    state, grant = State.of(request), current_grant()
    wanted = changing.wanted(body.model_dump())
    check_authority(grant, wanted.scopes, wanted.reach)
    wanted = replace(wanted, limits=grant.limited(wanted.limits))
    async with state.database.unbound() as connection:
        made = await new_keys.create(connection, state.images.keys.masters, wanted, grant.subject)
    return _with_text(made, 201)


@router.get("/keys", response_model=Page[KeyAnswer], responses=_PROBLEMS)
@needs(Scope.ADMIN)
async def list_keys(query: Annotated[PageQuery, Query()], state: StateOf) -> Response:
    """List the keys without more rights than the caller, including revoked ones, by id."""
    after = read_cursor(query.cursor, _ORDER, _AFTER)
    async with state.database.unbound(Share.READS) as connection:
        found, last = await records.page(connection, current_grant(), query.limit, after[0] if after else None)
    return await Page.response(map(_answer, found), None if last is None else write_cursor(_ORDER, (last,)))


@router.get("/keys/{id}", responses=_PROBLEMS | _NOT_FOUND)
@needs(Scope.ADMIN)
async def read_key(id: str, state: StateOf) -> KeyAnswer:  # noqa: A002 - its name on the wire
    """Return a key, without its text."""
    async with state.database.unbound(Share.READS) as connection:
        return _answer(await records.read(connection, _storable(id), current_grant()))


@router.patch("/keys/{id}", responses=_PROBLEMS | _NOT_FOUND, openapi_extra=KeyPatch.request_body())
@needs(Scope.ADMIN)
async def patch_key(id: str, request: Request) -> KeyAnswer:  # noqa: A002 - its name on the wire
    """Change the rights, expiry and limits of a key. Its text stays the same.

    The caller must have the rights that it gives. The change takes effect within a second on every gateway.
    """
    body = await read_json(request, KeyPatch)
    async with State.of(request).database.unbound() as connection:
        return _answer(await changing.change(connection, _storable(id), current_grant(), body.changes()))


@router.delete("/keys/{id}", responses=_PROBLEMS | _NOT_FOUND)
@needs(Scope.ADMIN)
async def revoke_key(id: str, state: StateOf) -> KeyAnswer:  # noqa: A002 - its name on the wire
    """Revoke a key for good, within a second on every gateway; its row stays. Its waiting jobs are cancelled."""
    async with state.database.unbound() as connection:
        return _answer(await records.revoke(connection, _storable(id), current_grant()))


@router.post(
    "/keys/{id}/rotate",
    response_model=NewKeyAnswer,
    responses=_PROBLEMS | _NOT_FOUND,
    openapi_extra=RotationBody.request_body(),
)
@needs(Scope.ADMIN)
async def rotate_key(id: str, request: Request) -> Response:  # noqa: A002 - its name on the wire
    """Give a key a new text; the previous text still works for the overlap."""
    body = await read_json(request, RotationBody)
    overlap = timedelta(seconds=body.overlap_seconds)
    async with State.of(request).database.unbound() as connection:
        rotated = NewKey(*await records.rotate(connection, _storable(id), current_grant(), overlap))
    return _with_text(rotated, 200)


def _storable(key_id: str) -> str:
    return key_id.replace("\0", "")


def _answer(record: KeyRecord) -> KeyAnswer:
    return KeyAnswer(**_fields(record))


def _with_text(key: NewKey, status: int) -> Response:
    answer = NewKeyAnswer(**_fields(key.record), **key.fields)
    return Response(answer.model_dump_json(), status, media_type="application/json")


def _fields(record: KeyRecord) -> dict[str, Any]:
    names = KeyAnswer.model_fields.keys() - {"scopes", "directories", "limits"}
    return {
        **{name: getattr(record, name) for name in names},
        "scopes": sorted(record.scopes),
        "directories": directories_of(record.reach),
        "limits": dict(record.limits),
    }
