"""How the service is: what this gateway did in the last minute, the vectorizers, the search, and the jobs."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from apiserver.access.scopes import Scope
from apiserver.api.service import version
from apiserver.http.access.guard import needs
from apiserver.http.checked_routes import CheckedRoute
from apiserver.jobs.records import Unfinished, unfinished
from apiserver.problems import DatabaseUnavailable
from apiserver.state import State, StateOf
from apiserver.telemetry.recent import Recent
from apiserver.vectorizers.client import ReplicaState
from serving.problem_responses import ProblemDetails

_ROUTES = {
    "recognize": ("POST /recognize",),
    "learn": ("POST /learn", "POST /directories/{directory}/persons/{person}/faces"),
}
_FACADE_ROUTES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "compreface": {
        "recognize": ("POST /api/v1/recognition/recognize",),
        "learn": ("POST /api/v1/recognition/faces",),
    },
    "rekognition": {
        "recognize": ("POST / SearchFacesByImage", "POST / SearchUsersByImage"),
        "learn": ("POST / IndexFaces",),
    },
}

router = APIRouter(tags=["health"], route_class=CheckedRoute)

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 401, 403, 500, 503)}

_Seconds = Annotated[float | None, Field(description="Estimated from a histogram; null without requests.")]


def routes(facades: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the groups of routes whose last minute is reported. facades: the protocols of other services in use."""
    others = [_FACADE_ROUTES[name] for name in facades]
    return {group: sum((each[group] for each in others), start=own) for group, own in _ROUTES.items()}


class RecentAnswer(BaseModel):
    """What this gateway did with one kind of requests in the last minute, or since its start."""

    seconds: float = Field(examples=[60.0], description="Duration of this time.")
    requests: int = Field(examples=[120])
    refused: int = Field(
        examples=[2], description="Those of them that were refused for overload or a limit: 429 and 503."
    )
    served_per_second: float = Field(examples=[1.967])
    p50_seconds: _Seconds = Field(examples=[0.071])
    p99_seconds: _Seconds = Field(examples=[0.24])


class PhotographsAnswer(BaseModel):
    """Slots for photographs at this gateway (`APISERVER_MAX_REQUESTS`)."""

    in_progress: int = Field(examples=[3])
    limit: int = Field(examples=[256])


class VectorizerAnswer(BaseModel):
    """A vectorizer that this gateway knows."""

    url: str = Field(examples=["http://10.0.0.7:8081"])
    state: Literal["ready", "set-aside", "unavailable"] = Field(
        description="`set-aside`: ready, but it failed recently and gets no images from this gateway yet."
    )
    detail: str | None = Field(description="Why it is unavailable.", examples=[None])
    in_flight: int = Field(description="Images of this gateway there.", examples=[3])
    lanes: int | None = Field(description="How many images it analyses at once.", examples=[4])
    busy: int | None = Field(description="Analyses that are running there, for all gateways.", examples=[3])
    waiting: int | None = Field(description="Images that wait there, for all gateways.", examples=[0])
    detector: str | None = Field(examples=["yunet@8f2383e4dd3c"])
    embedder: str | None = Field(examples=["sface@0ba9fbfa01b5"])


class SearchAnswer(BaseModel):
    """Approximate answers of this gateway that were compared with exact ones, since its start."""

    checked: int = Field(examples=[200])
    right: int = Field(examples=[199])
    recall: float | None = Field(description="Share of the right ones; null if none was checked.", examples=[0.995])


class JobsAnswer(BaseModel):
    """Unfinished jobs of a kind, of the whole service."""

    kind: str = Field(examples=["import"])
    running: int = Field(examples=[1])
    waiting: int = Field(examples=[0])
    postponed: int = Field(description="They start later, such as after an outage.", examples=[0])


class StatusAnswer(BaseModel):
    """The state of the service, as seen by this gateway."""

    version: str = Field(examples=["1.0.0"])
    recognize: RecentAnswer = Field(description="`POST /recognize`, and the corresponding calls of façades.")
    learn: RecentAnswer = Field(description="`POST /learn`, adding faces, and the corresponding calls of façades.")
    photographs: PhotographsAnswer
    vectorizers: list[VectorizerAnswer]
    search: SearchAnswer
    jobs: list[JobsAnswer] | None = Field(description="Null while the database is unavailable.")


@router.get("/status", responses=_PROBLEMS)
@needs(Scope.OPERATE)
async def status(state: StateOf) -> StatusAnswer:
    """Return the last minute of this gateway, and the state of vectorizers, search and jobs."""
    return StatusAnswer(
        version=version(),
        recognize=_recent(state.recent.read("recognize")),
        learn=_recent(state.recent.read("learn")),
        photographs=PhotographsAnswer(in_progress=state.slots.in_use, limit=state.slots.count),
        vectorizers=[_vectorizer(each) for each in await state.vectorizer.states()],
        search=_search(state),
        jobs=await _jobs(state),
    )


def _recent(found: Recent) -> RecentAnswer:
    return RecentAnswer(
        seconds=round(found.seconds, 3),
        requests=found.requests,
        refused=found.refused,
        served_per_second=round(found.served_per_second, 3),
        p50_seconds=_rounded(found.p50_seconds),
        p99_seconds=_rounded(found.p99_seconds),
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)


def _vectorizer(found: ReplicaState) -> VectorizerAnswer:
    load, models = found.load, found.models
    return VectorizerAnswer(
        url=found.replica.url,
        state="unavailable" if found.problem else "set-aside" if found.replica.set_aside else "ready",
        detail=found.problem.sentence if found.problem else None,
        in_flight=found.replica.in_flight,
        lanes=load.lanes if load else None,
        busy=load.busy if load else None,
        waiting=load.waiting if load else None,
        detector=models.detector if models else None,
        embedder=models.embedder if models else None,
    )


def _search(state: State) -> SearchAnswer:
    verdicts = state.recall_check.verdicts
    checked = verdicts.total()
    right = sum(count for (_, is_right), count in verdicts.items() if is_right)
    return SearchAnswer(checked=checked, right=right, recall=round(right / checked, 4) if checked else None)


async def _jobs(state: State) -> list[JobsAnswer] | None:
    try:
        return [_kind(each) for each in await unfinished(state.database)]
    except DatabaseUnavailable:
        return None


def _kind(found: Unfinished) -> JobsAnswer:
    return JobsAnswer(kind=found.kind, running=found.running, waiting=found.waiting, postponed=found.postponed)
