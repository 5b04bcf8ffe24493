"""Imports, which run as jobs: of an archive, or of photographs that are already in the store."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Annotated, Any, Self
from urllib.parse import quote
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from apiserver.access.grants import current_grant
from apiserver.access.limits import ENROLLING
from apiserver.access.scopes import Scope
from apiserver.api.fields import EnrolmentWarning
from apiserver.api.jobs import JobStarted, job_id, job_started
from apiserver.audit import records as audit
from apiserver.biometrics.choice import FaceChoice
from apiserver.biometrics.quality import Action
from apiserver.bundles.zip_names import Encoding
from apiserver.directories.records import require_room
from apiserver.http.access.guard import needs, needs_any
from apiserver.http.admission import counted_body
from apiserver.http.field_names import Unknown, check_fields
from apiserver.http.idempotency import KEY, Handler, idempotent
from apiserver.http.json.bodies import parse_fields, parse_json, read_small
from apiserver.http.json.lists import split_list
from apiserver.http.multipart import receive_archive
from apiserver.http.paths import DirectoryName, EncodedRoute
from apiserver.http.upload_stream import SMALL_BYTES
from apiserver.imports import records as imports
from apiserver.imports.agreement import Trust
from apiserver.imports.records import Import, Item, Outcome, RecordedOutcome
from apiserver.jobs.records import enqueue
from apiserver.names import Name
from apiserver.people.naming import check_names
from apiserver.problems import ArchiveTooManyFiles, InvalidField, ObjectNotFound, Problem
from apiserver.state import State, StateOf
from apiserver.turns import consumed, taking_turns
from serving.problem_responses import ProblemDetails

_MAX_MANIFEST_BYTES = 8_000_000
_OUTCOMES_AT_ONCE = 1_000
_HELD = timedelta(days=7)
"""An uploaded archive is deleted when its import ends, or after this time at the latest."""

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDetails} for status in (400, 404, 408, 409, 410, 413, 415, 422, 500, 503)
}
# No empty parts, no `..`, and no hidden files.
_Key = Annotated[str, StringConstraints(max_length=1000, pattern=r"^imports(/[^/.\\\x00-\x1f][^/\\\x00-\x1f]*)+$")]
_FACE = {
    "type": "string",
    "enum": list(FaceChoice),
    "default": FaceChoice.ONLY,
    "description": "Which face to enrol if a photograph shows several people; `only` refuses such a photograph.",
}
_QUALITY = {
    "type": "string",
    "enum": list(Action),
    "description": "How to treat poor photographs; overrides the directory's setting.",
}
_MANIFEST = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["person", "key"],
        "properties": {
            "person": {"type": "string", "minLength": 1, "maxLength": 255},
            "key": {"type": "string", "description": "Key of an object in the image store, below `imports/`."},
        },
    },
    "examples": [[{"person": "ann", "key": "imports/2026/ann-1.jpg"}]],
}


class ImportOptions(BaseModel):
    """How to enrol the photographs."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    face: Annotated[FaceChoice, WithJsonSchema(_FACE)] = FaceChoice.ONLY
    quality: Annotated[Action | None, WithJsonSchema(_QUALITY)] = None


class ArchiveOptions(ImportOptions):
    """How to read an archive and enrol its photographs."""

    zip_encoding: Encoding | None = Field(
        None,
        description="Code page of the file names in the zip, such as cp932, where the zip does not state it; "
        "otherwise such names are UTF-8 or, if they are not valid UTF-8, cp437.",
        examples=["cp932"],
    )
    trust: Trust | None = Field(
        None,
        description="What to use from a bundle without a check: `embeddings`, although they may not be those of the "
        "crops. The author of the bundle then decides who is recognized.",
    )


class ImportForm(ArchiveOptions):
    """A zip archive to import: one folder of photographs for each person, or a bundle."""

    file: Annotated[Any, Field(json_schema_extra={"type": "string", "format": "binary"}, description="The archive.")]


class ManifestEntry(BaseModel):
    """A photograph that is already in the image store."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    person: Name
    key: _Key


class ImportBody(ImportOptions):
    """Photographs to import that are already in the image store."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    manifest: Annotated[list[ManifestEntry], Field(min_length=1), WithJsonSchema(_MANIFEST)]


class OutcomeLine(BaseModel):
    """The outcome of one photograph, or of one face of a bundle.

    `code` and `detail` give the reason of a refusal; for an enrolled face, the code of the first warning and the
    sentences of all.
    """

    n: int = Field(description="Position in the import, from 0.")
    person: str
    name: str
    outcome: Outcome
    face: UUID | None
    code: str | None
    detail: str | None
    warnings: list[EnrolmentWarning]

    @classmethod
    def of(cls, recorded: RecordedOutcome) -> Self:
        """Return an outcome as clients read it."""
        outcome = recorded.outcome
        warnings = [EnrolmentWarning.of(warning) for warning in outcome.warnings or ()]
        return cls(
            n=outcome.n,
            person=recorded.person,
            name=recorded.name,
            outcome=outcome.outcome,
            face=outcome.face,
            code=warnings[0].code if warnings else outcome.code,
            detail=" ".join(warning.detail for warning in warnings) if warnings else outcome.detail,
            warnings=warnings,
        )


_IMPORT = {
    "multipart/form-data": {"schema": ImportForm.model_json_schema()},
    "application/json": {"schema": ImportBody.model_json_schema()},
}


class _ImportRoute(EncodedRoute):
    """A route whose body may be a large archive; only its length is compared when a request is repeated."""

    def get_route_handler(self) -> Handler:
        """Return the handler of a request."""
        handle = super().get_route_handler()
        of_archive, of_manifest = idempotent(max_files=None)(handle), idempotent(max_files=1)(handle)

        async def handle_once(request: Request) -> Response:
            request.state.body_unread = _is_form(request)
            return await (of_archive if _is_form(request) else of_manifest)(request)

        return handle_once


router = APIRouter(tags=["bulk"], route_class=EncodedRoute)
starting = APIRouter(tags=["bulk"], route_class=_ImportRoute)
"""The route that starts a job."""


@starting.post(
    "/directories/{directory}/imports",
    status_code=202,
    response_model=JobStarted,
    responses=_PROBLEMS,
    openapi_extra={"requestBody": {"required": True, "content": _IMPORT}, "parameters": [KEY]},
)
@needs(Scope.IMPORT, spends=ENROLLING)
async def start_import(directory: DirectoryName, request: Request) -> Response:
    """Start a job that imports an archive of photographs, a bundle, or a manifest of stored photographs."""
    state, job = State.of(request), uuid4()
    await state.usage.check_jobs(current_grant())
    await check_names(state.database, directory)
    await require_room(state.database, state.usage, directory)
    if not (state.settings.directories_on_learn and current_grant().may_make(directory)):
        await state.directories.require(directory)
    read = _receive if _is_form(request) else _read_manifest
    with counted_body(request):
        await read(request, state, Import(directory, job))
    return job_started(job)


@router.get(
    "/directories/{directory}/imports/{job}/outcomes",
    response_class=StreamingResponse,
    responses=_PROBLEMS | {200: {"content": {"application/x-ndjson": {"schema": OutcomeLine.model_json_schema()}}}},
)
@needs_any(Scope.IMPORT, Scope.READ)
async def outcomes(directory: DirectoryName, job: str, state: StateOf) -> StreamingResponse:
    """Return one line for each photograph that has an outcome, in the order of the import."""
    import_ = Import(directory, job_id(job))
    await imports.check_exists(state.database, import_)
    return StreamingResponse(_lines(state, import_), media_type="application/x-ndjson")


async def _receive(request: Request, state: State, import_: Import) -> None:
    """Store the archive of a form and enqueue its import."""
    settings = state.settings
    async with state.archives.writing(*import_, "import", _HELD) as write:
        fields = await receive_archive(
            request, write, max_bytes=settings.max_import_bytes, pause_seconds=settings.upload_timeout_seconds
        )
        request.state.body_unread = False
        check_fields(fields, ImportForm.model_fields, Unknown.REFUSED)
        options = parse_fields(ArchiveOptions, fields)
        if options.trust:
            current_grant().require(Scope.IMPORT_TRUSTED)
    arguments = {"zip_encoding": options.zip_encoding, "trust": options.trust}
    async with _discarded_on_failure(state, import_):
        async with state.database.connection() as connection, connection.transaction():
            await imports.add_import(connection, import_)
        await _enqueue(state, import_, options, {"archive": True, **arguments})


def _check_keys(body: ImportBody, directory: str) -> None:
    """Raise ObjectNotFound if an object is not one of the directory's, unless the caller has all directories."""
    own = f"imports/{quote(directory, safe='')}/"
    if not current_grant().reach.everywhere and not all(entry.key.startswith(own) for entry in body.manifest):
        raise ObjectNotFound(f"The objects that this key can import are those below {own}")


async def _read_manifest(request: Request, state: State, import_: Import) -> None:
    """Plan the import of a manifest and enqueue it."""
    content = await read_small(request, max_bytes=_MAX_MANIFEST_BYTES)
    body = await asyncio.to_thread(_parse_manifest, content)
    _check_keys(body, import_.directory)
    limit = state.settings.max_import_files
    if len(body.manifest) > limit:
        raise ArchiveTooManyFiles(
            f"The manifest has {len(body.manifest):,} entries; the limit is {limit:,}. Import it in parts."
        )
    items = (
        Item(n, entry.person, entry.key.removeprefix("imports/"), {"key": entry.key})
        for n, entry in enumerate(consumed(body.manifest))
    )
    async with _discarded_on_failure(state, import_):
        async with state.database.connection() as connection, connection.transaction():
            await imports.add_import(connection, import_, planned=True)
            await imports.add_items(connection, import_, items)
        await _enqueue(state, import_, body, {"archive": False})


def _parse_manifest(content: bytes) -> ImportBody:
    if len(content) <= SMALL_BYTES:
        return parse_json(ImportBody, content)
    rest, items = split_list(content, "manifest")
    try:
        entries = [*map(_parse_entry, itertools.count(), items)]
    finally:
        items.clear()  # here, because the traceback of a problem would leave millions of them to the event loop
    return parse_json(ImportBody, rest).model_copy(update={"manifest": entries})


def _parse_entry(number: int, item: bytes) -> ManifestEntry:
    try:
        return parse_json(ManifestEntry, item)
    except InvalidField as problem:
        raise InvalidField(f"manifest.{number}.{problem.sentence}") from problem


async def _enqueue(state: State, import_: Import, options: ImportOptions, more: Mapping[str, object]) -> None:
    """Enqueue an import whose rows are committed.

    A worker that sees the job but not the row takes the import for one of a deleted directory. With one transaction for
    both, this could happen where they are on two servers, which do not commit at the same moment. Raises DatabaseBusy.
    """
    arguments = {"face": options.face, "quality": options.quality, **more}
    async with state.database.connection() as connection, connection.transaction():
        await imports.require_visible(connection, import_)
        await enqueue(connection, imports.KIND, directory=import_.directory, arguments=arguments, job=import_.job)
        await audit.record(connection, directory=import_.directory, object_=import_.job)


@asynccontextmanager
async def _discarded_on_failure(state: State, import_: Import) -> AsyncIterator[None]:
    """Delete what is stored of an import if its job is not enqueued in the block, also because the client hung up."""
    try:
        yield
    except BaseException:
        await asyncio.shield(_discard(state, import_))
        raise


async def _discard(state: State, import_: Import) -> None:
    with suppress(Problem):  # upkeep deletes the rows a day later, and the archive when it expires
        if await imports.discard(state.database, import_):
            await state.archives.delete(*import_)


async def _lines(state: State, import_: Import) -> AsyncIterator[bytes]:
    last = -1
    while page := await imports.read_outcomes(state.database, import_, last, _OUTCOMES_AT_ONCE):
        yield b"".join([_line(recorded) async for recorded in taking_turns(page)])
        last = page[-1].outcome.n


def _line(recorded: RecordedOutcome) -> bytes:
    return OutcomeLine.of(recorded).model_dump_json(exclude_unset=True).encode() + b"\n"


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/")
