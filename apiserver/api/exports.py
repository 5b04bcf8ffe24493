"""Exports: a directory as a bundle, which a job writes, and all data of a person as a zip file."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from apiserver.access.grants import current_grant
from apiserver.access.limits import STORING
from apiserver.access.scopes import Scope
from apiserver.api.jobs import JobStarted, job_id, job_started
from apiserver.audit import records as audit
from apiserver.bundles.zip_writing import zipped
from apiserver.database.pool import Share
from apiserver.exports import snapshot
from apiserver.http.access.guard import needs
from apiserver.http.idempotency import KEY, IdempotentRoute
from apiserver.http.json.bodies import JsonBody, parse_json, read_small
from apiserver.http.paths import DirectoryName, EncodedRoute, PersonName
from apiserver.jobs.records import enqueue
from apiserver.people import records as persons
from apiserver.people.export import person_members
from apiserver.state import State, StateOf
from serving.problem_responses import ProblemDetails

_PERSON_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDetails} for status in (400, 404, 500, 503)
}
_BUNDLE_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDetails} for status in (400, 404, 408, 409, 410, 413, 415, 422, 500, 503)
}

router = APIRouter(route_class=EncodedRoute)
starting = APIRouter(tags=["bulk"], route_class=IdempotentRoute)
"""The route that starts a job."""


class ExportBody(JsonBody):
    """What a bundle should contain."""

    images: bool = Field(
        False, description="Whether the bundle contains the photographs; recognition works without them."
    )


_EXPORT = {"application/json": {"schema": ExportBody.model_json_schema()}}


@starting.post(
    "/directories/{directory}/exports",
    status_code=202,
    response_model=JobStarted,
    responses=_BUNDLE_PROBLEMS,
    openapi_extra={"requestBody": {"required": False, "content": _EXPORT}, "parameters": [KEY]},
)
@needs(Scope.EXPORT, spends=STORING)
async def start_export(directory: DirectoryName, request: Request) -> Response:
    """Start a job that writes a directory into a bundle, which another installation can import."""
    state = State.of(request)
    await state.usage.check_jobs(current_grant())
    body = await read_small(request)
    export = parse_json(ExportBody, body or b"{}")
    await state.directories.read(directory)
    async with state.database.connection() as connection, connection.transaction():
        arguments = {"images": export.images}
        job = await enqueue(connection, snapshot.KIND, directory=directory, arguments=arguments)
        await audit.record(connection, directory=directory, object_=job)
    return job_started(job)


@router.get(
    "/directories/{directory}/exports/{job}/bundle",
    tags=["bulk"],
    response_class=StreamingResponse,
    responses=_BUNDLE_PROBLEMS
    | {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
)
@needs(Scope.EXPORT)
async def bundle(directory: DirectoryName, job: str, state: StateOf) -> StreamingResponse:
    """Return the bundle of a finished export; it expires after 24 hours unless configured otherwise."""
    stored = await state.archives.open(directory, job_id(job))
    await state.reads.read(directory, object_=job)
    headers = {
        "Content-Length": str(stored.size_bytes),
        "Content-Disposition": f'attachment; filename="{job}.zip"',
    }
    return StreamingResponse(stored.chunks, media_type="application/zip", headers=headers)


@router.get(
    "/directories/{directory}/persons/{person}/export",
    tags=["persons"],
    response_class=StreamingResponse,
    responses=_PERSON_PROBLEMS | {200: {"content": {"application/zip": {}}}},
)
@needs(Scope.EXPORT)
async def export_person(directory: DirectoryName, person: PersonName, state: StateOf) -> StreamingResponse:
    """Return all data of a person as a zip file: details, faces, embeddings and photographs.

    The file is generated while it is sent. If the transfer is interrupted, the file is truncated and does not open.
    """
    async with state.database.connection(Share.READS) as connection:
        found = await persons.read(connection, directory, person)
    await state.reads.read(directory, persons=[person])
    members = person_members(state.database, state.images, found)
    headers = {"Content-Disposition": 'attachment; filename="person.zip"'}
    return StreamingResponse(zipped(members), media_type="application/zip", headers=headers)
