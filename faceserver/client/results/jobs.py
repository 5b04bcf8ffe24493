"""Jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from faceserver.client.results.recognition import EnrolmentWarning


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedJob:
    """A job that a call has started."""

    job: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """How much is done of the total, which is None while unknown, and a sentence."""

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
    """The progress of a job. started_at: of the current or last run, None while it waits."""

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
    """The outcome of the `n`th photograph of an import.

    code, detail: the reason of a refusal, or the first warning's code and the sentences of all. warnings: doubts about
    a face that was enrolled.
    """

    n: int
    person: str
    name: str
    outcome: str
    face: str | None = None
    code: str | None = None
    detail: str | None = None
    warnings: tuple[EnrolmentWarning, ...] = ()
