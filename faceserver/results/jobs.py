"""Work that takes longer than a request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedJob:
    """What a call answers that starts a job."""

    job: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """`done` of `total`, which is None while it is not known, and a sentence."""

    done: int
    total: int | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProblem:
    """Why a job failed."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """How far a job is. started_at: of the present or last run, None while it waits."""

    job: Annotated[str, Field(validation_alias="id")]
    kind: str
    directory: str | None
    state: Literal["waiting", "running", "done", "failed"]
    progress: JobProgress
    problem: JobProblem | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcome:
    """What became of the `n`th photograph of an import."""

    n: int
    person: str
    name: str
    outcome: str
    face: str | None = None
    code: str | None = None
    detail: str | None = None
