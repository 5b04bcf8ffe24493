"""The routes of jobs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from apiserver.access.binding import bound_to
from apiserver.access.grants import current_grant
from apiserver.access.scopes import Scope
from apiserver.audit import records as audit
from apiserver.http.access.guard import may_see, needs
from apiserver.http.checked_routes import CheckedRoute
from apiserver.http.public_addresses import public
from apiserver.jobs.records import Job, cancel, read
from apiserver.jobs.records import State as Phase
from apiserver.problems import JobNotFound
from apiserver.state import State, StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 404, 503)}

_SCOPES_OF_KIND = {
    "import": (Scope.IMPORT,),
    "export": (Scope.EXPORT,),
    "erasure": (Scope.DELETE,),
    "comparison": (Scope.EDIT,),
}
"""The scope of the call that starts a job of the kind."""

_CANCELLED = ("import", "export", "comparison")
"""The kinds that can be cancelled; the others end what somebody was promised."""

_OTHERS = (Scope.OPERATE, Scope.ADMIN)

router = APIRouter(route_class=CheckedRoute)


class Progress(BaseModel):
    """Progress of the job, in units that depend on its kind."""

    done: int = Field(examples=[1200])
    total: int | None = Field(examples=[5000], description="null while unknown")
    note: str | None = Field(examples=["1,200 of 5,000 photographs."])


class JobProblem(BaseModel):
    """Why the job failed."""

    code: str = Field(examples=["internal-error"])
    detail: str = Field(examples=["The service failed because of an internal error."])


class JobAnswer(BaseModel):
    """The current state of a job."""

    id: UUID
    kind: str = Field(examples=["search-index"])
    directory: str | None = Field(examples=["default"])
    state: Phase
    progress: Progress
    problem: JobProblem | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobStarted(BaseModel):
    """A job that was created."""

    job: UUID
    url: str = Field(
        description="Where to read the job's progress.", examples=["/jobs/5b0c7a3e-6d0b-4a53-9b7c-0f1d0c6f3a52"]
    )


@router.get("/jobs/{id}", responses=_PROBLEMS, tags=["jobs"])
@needs()
async def job(id: str, state: StateOf) -> JobAnswer:  # noqa: A002 - its name on the wire
    """Return the state of a job; its record is kept for a week after its end unless configured otherwise."""
    return _answer(await _visible(state, job_id(id)))


@router.delete("/jobs/{id}", status_code=202, responses=_PROBLEMS, tags=["jobs"])
@needs()
async def cancel_job(id: str, state: StateOf) -> JobAnswer:  # noqa: A002 - its name on the wire
    """Cancel an import, an export or a comparison: a waiting one at once, a running one within seconds.

    Its work until then stays.
    """
    found = await _visible(state, job_id(id))
    if found.directory is None or found.kind not in _CANCELLED or found.state not in (Phase.WAITING, Phase.RUNNING):
        return _answer(found)
    async with state.database.unbound() as connection, connection.transaction():
        await cancel(connection, found.id)
        await audit.record(connection, directory=found.directory, object_=found.id)
    with bound_to(found.directory):
        await state.archives.delete(found.directory, found.id)
    return _answer(await read(state.database, found.id))


async def _visible(state: State, job: UUID) -> Job:
    """Return a job of the caller's, or one that the caller could have started. Raises JobNotFound or ScopeMissing."""
    found = await read(state.database, job)
    grant = current_grant()
    if grant.key is not None and found.subject == grant.subject:
        return found
    if not (grant.has(Scope.OPERATE) if found.directory is None else may_see(found.directory)):
        raise JobNotFound
    grant.require(*_SCOPES_OF_KIND.get(found.kind, _OTHERS))
    return found


def _answer(job: Job) -> JobAnswer:
    problem = JobProblem(code=job.problem_code, detail=job.problem) if job.problem_code and job.problem else None
    return JobAnswer(
        id=job.id,
        kind=job.kind,
        directory=job.directory,
        state=job.state,
        progress=Progress(done=job.done, total=job.total, note=job.note),
        problem=problem,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def job_started(job: UUID) -> Response:
    """Return the response to a request that created a job."""
    answer = JobStarted(job=job, url=public(f"/jobs/{job}"))
    return Response(answer.model_dump_json(), 202, {"Location": answer.url}, "application/json")


def job_id(job: str) -> UUID:
    """Return the id of a job in a path. Raises JobNotFound."""
    try:
        return UUID(job)
    except ValueError as error:
        raise JobNotFound from error
