"""The outcome of each request, and their summary."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.harness.connections import Answer

REFUSED = 503
NETWORK_STAGES = ("decode", "detect", "align", "embed")
"""Stages of a Server-Timing header that the vectorizer cannot do without."""

_SUCCESSES = frozenset({200, 201})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request. Times are seconds of `time.perf_counter`.

    due: when it should have been sent. status: 0 without an answer. code: of the problem, or of the failure.
    """

    due: float
    sent: float
    finished: float
    status: int
    code: str = ""
    retry_after: bool = False
    faces: int = 0
    stages_ms: Mapping[str, float] | None = None

    @property
    def answered(self) -> bool:
        """Whether the photograph was processed."""
        return self.status in _SUCCESSES

    @property
    def latency_ms(self) -> float:
        """The time from when the request was due to its outcome, milliseconds."""
        return 1000 * (self.finished - self.due)


@dataclass(frozen=True)
class Latency:
    """Milliseconds."""

    p50: float
    p95: float
    p99: float
    longest: float


@dataclass(frozen=True)
class Refusals:
    """503 answers with one code."""

    count: int
    without_retry_after: int
    latency_ms: Latency


@dataclass(frozen=True)
class Summary:
    """The summary of a load.

    images_per_second: photographs answered within the time of the load. sent_late_ms: how late the load generator was
    with its requests. failures: everything that is neither an answer nor a 503, by status and code.
    """

    seconds: float
    sent: int
    answered: int
    images_per_second: float
    faces_per_image: float
    latency_ms: Latency | None
    sent_late_ms: Latency | None
    refusals: dict[str, Refusals]
    failures: dict[str, int]


def outcome_of(answer: Answer, due: float, sent: float, finished: float) -> Outcome:
    """Return the outcome of a request that was answered."""
    answered = answer.status in _SUCCESSES
    return Outcome(
        due=due,
        sent=sent,
        finished=finished,
        status=answer.status,
        code="" if answered else code_of(answer.body),
        retry_after=answer.header(b"retry-after") is not None,
        faces=answer.body.count(b'"box":') if answered else 0,
        stages_ms=parse_server_timing(answer.header(b"server-timing") or ""),
    )


def code_of(body: bytes) -> str:
    """Return the code of the problem in `body`, empty if there is none."""
    try:
        return str(json.loads(body)["code"])
    except (ValueError, TypeError, KeyError):
        return ""


def parse_server_timing(header: str) -> dict[str, float]:
    """Return the durations, milliseconds, of a Server-Timing header (W3C); entries without one are left out."""
    durations = {}
    for entry in header.split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "dur":
                durations[name] = float(value.strip().strip('"'))
    return durations


def overhead_ms(outcome: Outcome) -> float:
    """Return the part of a latency that the networks, decoding and alignment do not explain, milliseconds."""
    stages = outcome.stages_ms or {}
    return outcome.latency_ms - sum(stages.get(name, 0.0) for name in NETWORK_STAGES)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of `values` do not exceed (nearest rank).

    Raises IndexError without values.
    """
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def latency(values: Iterable[float]) -> Latency | None:
    """Return the percentiles of some milliseconds, None without values."""
    known = list(values)
    if not known:
        return None
    return Latency(percentile(known, 0.5), percentile(known, 0.95), percentile(known, 0.99), max(known))


def summarise(outcomes: Sequence[Outcome], start: float, seconds: float) -> Summary:
    """Sum up a load that began at `start` (as `time.perf_counter`) and was to last `seconds`."""
    answered = [outcome for outcome in outcomes if outcome.answered]
    in_time = sum(outcome.finished <= start + seconds for outcome in answered)
    return Summary(
        seconds=seconds,
        sent=len(outcomes),
        answered=len(answered),
        images_per_second=in_time / seconds,
        faces_per_image=sum(outcome.faces for outcome in answered) / max(1, len(answered)),
        latency_ms=latency(outcome.latency_ms for outcome in answered),
        sent_late_ms=latency(1000 * (outcome.sent - outcome.due) for outcome in outcomes),
        refusals=_refusals(outcomes),
        failures=_failures(outcomes),
    )


def _refusals(outcomes: Iterable[Outcome]) -> dict[str, Refusals]:
    by_code: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.status == REFUSED:
            by_code[outcome.code].append(outcome)
    return {code: _refusal(refused) for code, refused in by_code.items()}


def _refusal(refused: list[Outcome]) -> Refusals:
    durations = latency(outcome.latency_ms for outcome in refused)
    assert durations
    return Refusals(len(refused), sum(not outcome.retry_after for outcome in refused), durations)


def _failures(outcomes: Iterable[Outcome]) -> dict[str, int]:
    failed = (outcome for outcome in outcomes if not outcome.answered and outcome.status != REFUSED)
    return dict(Counter(f"{outcome.status} {outcome.code}".strip() for outcome in failed))
