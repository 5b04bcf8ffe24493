"""Routes of imports and exports, which the worker runs as jobs."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from apiserver.api.bulk_bodies import (
    ExportBody,
    ImportBody,
    ImportForm,
    ImportOptions,
    JobStarted,
    OutcomeLine,
    read_body,
    read_fields,
)
from apiserver.exports import snapshot as exports
from apiserver.http.idempotency import KEY, Handler, IdempotentRoute, idempotent
from apiserver.http.multipart import read_small
from apiserver.http.path_names import DirectoryName
from apiserver.http.paths import EncodedRoute
from apiserver.http.upload_stream import receive_archive
from apiserver.imports import records as imports
from apiserver.imports.records import Import, Item
from apiserver.jobs.records import enqueue
from apiserver.problems import ArchiveTooManyFiles, JobNotFound
from apiserver.state import State, StateOf
from serving.problem_responses import ProblemDetails

_MAX_MANIFEST_BYTES = 8_000_000
_OUTCOMES_AT_ONCE = 1_000
_HELD = timedelta(days=7)
"""An uploaded archive is deleted when its import ends, or after this time at the latest."""

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDetails} for status in (400, 404, 408, 409, 410, 413, 415, 422, 500, 503)
}
_IMPORT = {
    "multipart/form-data": {"schema": ImportForm.model_json_schema()},
    "application/json": {"schema": ImportBody.model_json_schema()},
}
_EXPORT = {"application/json": {"schema": ExportBody.model_json_schema()}}

router = APIRouter(tags=["bulk"], route_class=EncodedRoute)


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


imports_router = APIRouter(tags=["bulk"], route_class=_ImportRoute)
exports_router = APIRouter(tags=["bulk"], route_class=IdempotentRoute)


@imports_router.post(
    "/directories/{directory}/imports",
    status_code=202,
    response_model=JobStarted,
    responses=_PROBLEMS,
    openapi_extra={"requestBody": {"required": True, "content": _IMPORT}, "parameters": [KEY]},
)
async def start_import(directory: DirectoryName, request: Request) -> Response:
    """Start a job that imports an archive of photographs, a bundle, or a manifest of stored photographs."""
    state, job = State.of(request), uuid4()
    if not state.settings.directories_on_learn:
        await state.directories.require(directory)
    read = _receive if _is_form(request) else _read_manifest
    with state.places.taken():
        await read(request, state, Import(directory, job))
    return _started(job)


@router.get(
    "/directories/{directory}/imports/{job}/outcomes",
    response_class=StreamingResponse,
    responses=_PROBLEMS | {200: {"content": {"application/x-ndjson": {"schema": OutcomeLine.model_json_schema()}}}},
)
async def outcomes(directory: DirectoryName, job: str, state: StateOf) -> StreamingResponse:
    """Return one line for each photograph that has an outcome, in the order of the import."""
    import_ = Import(directory, _parse_id(job))
    await imports.check_exists(state.database, import_)
    return StreamingResponse(_lines(state, import_), media_type="application/x-ndjson")


@exports_router.post(
    "/directories/{directory}/exports",
    status_code=202,
    response_model=JobStarted,
    responses=_PROBLEMS,
    openapi_extra={"requestBody": {"required": False, "content": _EXPORT}, "parameters": [KEY]},
)
async def start_export(directory: DirectoryName, request: Request) -> Response:
    """Start a job that writes a directory into a bundle, which another installation can import."""
    state = State.of(request)
    body = await read_small(request, timeout_seconds=state.settings.upload_timeout_seconds)
    export = read_body(ExportBody, body or b"{}")
    await state.directories.read(directory)
    async with state.database.connection() as connection:
        arguments = {"images": export.images}
        return _started(await enqueue(connection, exports.KIND, directory=directory, arguments=arguments))


@router.get(
    "/directories/{directory}/exports/{job}/bundle",
    response_class=StreamingResponse,
    responses=_PROBLEMS | {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def bundle(directory: DirectoryName, job: str, state: StateOf) -> StreamingResponse:
    """Return the bundle of a finished export; it expires after 24 hours unless configured otherwise."""
    stored = await state.archives.open(directory, _parse_id(job))
    headers = {
        "Content-Length": str(stored.size_bytes),
        "Content-Disposition": f'attachment; filename="{job}.zip"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(stored.chunks, media_type="application/zip", headers=headers)


async def _receive(request: Request, state: State, import_: Import) -> None:
    """Store the archive of a form and enqueue its import."""
    settings = state.settings
    async with state.archives.writing(*import_, "import", _HELD) as write:
        fields = await receive_archive(
            request, write, max_bytes=settings.max_import_bytes, pause_seconds=settings.upload_timeout_seconds
        )
        request.state.body_unread = False
        options = read_fields(ImportOptions, fields)
    async with state.database.connection() as connection, connection.transaction():
        await imports.announce(connection, import_)
        await _enqueue(connection, import_, options, archive=True)


async def _read_manifest(request: Request, state: State, import_: Import) -> None:
    """Plan the import of a manifest and enqueue it."""
    most = state.settings.max_import_files
    seconds = state.settings.upload_timeout_seconds
    content = await read_small(request, timeout_seconds=seconds, max_bytes=_MAX_MANIFEST_BYTES)
    body = await asyncio.to_thread(read_body, ImportBody, content)
    if len(body.manifest) > most:
        raise ArchiveTooManyFiles(
            f"The manifest has {len(body.manifest):,} entries; the limit is {most:,}. Import it in parts."
        )

    items = (
        Item(n, entry.person, entry.key.removeprefix("imports/"), {"key": entry.key})
        for n, entry in enumerate(body.manifest)
    )
    async with state.database.connection() as connection, connection.transaction():
        await imports.announce(connection, import_, planned=True)
        await imports.add(connection, import_, items)
        await _enqueue(connection, import_, body, archive=False)


async def _enqueue(connection: Any, import_: Import, options: ImportOptions, *, archive: bool) -> None:  # noqa: ANN401 - asyncpg's
    arguments = {"archive": archive, "face": options.face, "quality": options.quality}
    await enqueue(connection, imports.KIND, directory=import_.directory, arguments=arguments, job=import_.job)


async def _lines(state: State, import_: Import) -> AsyncIterator[bytes]:
    last = -1
    while page := await imports.read_outcomes(state.database, import_, last, _OUTCOMES_AT_ONCE):
        yield b"".join(json.dumps(line, default=str, ensure_ascii=False).encode() + b"\n" for line in page)
        last = page[-1]["n"]


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/")


def _started(job: UUID) -> Response:
    answer = JobStarted(job=job, url=f"/jobs/{job}")
    return Response(answer.model_dump_json(), 202, {"Location": answer.url}, "application/json")


def _parse_id(job: str) -> UUID:
    try:
        return UUID(job)
    except ValueError as error:
        raise JobNotFound from error
