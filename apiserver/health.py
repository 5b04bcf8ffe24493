"""Whether the process lives, whether it can do its work, and what it is."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

from fastapi import APIRouter

from apiserver.problems import NotReady, Problem
from apiserver.responses import ProblemDetails
from apiserver.state import StateOf

router = APIRouter(tags=["health"])

_STOPPING = "The gateway is about to stop."


def version() -> str:
    """Return the version of the installed package, or of none when run from a bare checkout."""
    try:
        return installed_version("faceserver")
    except PackageNotFoundError:
        return "0+checkout"


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Answer as long as the process serves requests at all."""
    return {"status": "alive"}


@router.get("/health/ready", responses={503: {"model": ProblemDetails}})
async def ready(state: StateOf) -> dict[str, str]:
    """Answer 200 when the database with its schema and the vectorizer are there."""
    complaints = [_STOPPING] if state.draining.begun else []
    for check in (state.database.check_schema, state.vectorizer.check_ready):
        try:
            await check()
        except Problem as problem:
            complaints.append(problem.sentence)
    if complaints:
        raise NotReady(" ".join(complaints))
    return {"status": "ready"}


@router.get("/version")
async def about() -> dict[str, str]:
    """Name the service and its version."""
    return {"service": "apiserver", "version": version()}


@router.get("/models", responses={503: {"model": ProblemDetails}, 504: {"model": ProblemDetails}})
async def models(state: StateOf) -> object:
    """Describe the models in use: files, licences, calibration and thresholds, as the vectorizer tells them."""
    return await state.vectorizer.models()
