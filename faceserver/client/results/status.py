"""How the service is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentRequests:
    """What one gateway did with a kind of requests in the last `seconds`. refused: for overload or a limit.

    p50_seconds, p99_seconds: estimated from a histogram; None without requests.
    """

    seconds: float
    requests: int
    refused: int
    served_per_second: float
    p50_seconds: float | None
    p99_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotographSlots:
    """Slots for photographs at the gateway: those in use, and all."""

    in_progress: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorizerStatus:
    """A vectorizer as the gateway sees it. state: `ready`, `set-aside` or `unavailable`; detail: why it is the last.

    in_flight: images of this gateway there. lanes, busy, waiting: images that it analyses at once, that it analyses
    now, and that wait there; None if it does not tell.
    """

    url: str
    state: str
    detail: str | None
    in_flight: int
    lanes: int | None
    busy: int | None
    waiting: int | None
    detector: str | None
    embedder: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSearch:
    """Approximate answers of the gateway that were compared with exact ones. recall: the share of right ones."""

    checked: int
    right: int
    recall: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedJobs:
    """Jobs of a kind that are not done. postponed: they start later, such as after an outage."""

    kind: str
    running: int
    waiting: int
    postponed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the service is, as one gateway sees it. jobs: None while the database is unavailable."""

    version: str
    recognize: RecentRequests
    learn: RecentRequests
    photographs: PhotographSlots
    vectorizers: tuple[VectorizerStatus, ...]
    search: CheckedSearch
    jobs: tuple[UnfinishedJobs, ...] | None
