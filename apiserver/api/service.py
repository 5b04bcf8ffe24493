"""Routes of liveness, readiness, version and models."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from apiserver.http.access.guard import GuardedRoute, needs, needs_no_key
from apiserver.problems import NotReady, Problem
from apiserver.state import StateOf
from serving.problem_responses import ProblemDetails

router = APIRouter(tags=["health"], route_class=GuardedRoute)

_STOPPING = "The gateway is about to stop."
_STORE_DOWN = "The image store is unavailable; recognized photographs are not kept."
_DISK_LOW = "The disk of the image store is nearly full; recognized photographs are not kept."
_READ_ONLY = "The database only reads; people are recognized, and nothing is stored, changed or deleted."
_PROVIDER_DOWN = "The identity provider does not answer; its keys are those of before, if any."


def version() -> str:
    """Return the version of the installed package, or `0+checkout` if it is not installed."""
    try:
        return installed_version("faceserver")
    except PackageNotFoundError:
        return "0+checkout"


@router.get("/health/live")
@needs_no_key
async def live() -> dict[str, str]:
    """Return 200 while the process serves requests."""
    return {"status": "alive"}


class Ready(BaseModel):
    """Readiness; `warnings` lists unavailable parts that the gateway does without."""

    status: Literal["ready"] = "ready"
    warnings: list[str] = Field(
        examples=[["The image store is unavailable; recognized photographs are not kept."]],
    )


@router.get("/health/ready", responses={503: {"model": ProblemDetails}})
@needs_no_key
async def ready(state: StateOf) -> Ready:
    """Return 200 if the database has the required schema, a vectorizer is available, and a key works if one must."""
    complaints = [_STOPPING] if state.draining.begun else []
    for check in (state.database.check_schema, state.vectorizer.check_ready, state.authenticator.check_ready):
        try:
            await check()
        except Problem as problem:
            if problem.sentence not in complaints:
                complaints.append(problem.sentence)
    if complaints:
        raise NotReady(" ".join(complaints))
    conditions = {
        _STORE_DOWN: state.keeping.store_failed,
        _DISK_LOW: state.space.is_low,
        _READ_ONLY: state.keeping.database_only_reads,
        _PROVIDER_DOWN: state.authenticator.is_provider_down,
    }
    return Ready(warnings=[sentence for sentence, holds in conditions.items() if holds])


@router.get("/version")
@needs_no_key
async def about() -> dict[str, str]:
    """Return the name and version of the service."""
    return {"service": "apiserver", "version": version()}


@router.get("/models", responses={503: {"model": ProblemDetails}, 504: {"model": ProblemDetails}})
@needs()
async def models(state: StateOf) -> object:
    """Describe the models in use, as reported by the vectorizer: files, licences, calibration and thresholds."""
    return await state.vectorizer.models()
