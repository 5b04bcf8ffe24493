"""Metrics of the gateway: what it counts, and what is read from its resources when Prometheus asks."""

from collections import Counter as Counts
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from apiserver.recognition.candidates import Identity
from apiserver.search.cache import CodeCache, Outcome
from apiserver.search.recall import RecallCheck
from apiserver.slots import Slots
from apiserver.storage.keeping import Keeping, NotKept
from apiserver.telemetry.database import database_wait
from apiserver.vectorizers.client import VectorizerClient
from serving.metrics_port import SHORT_SECONDS, new_registry
from serving.stages import Ended

_REFUSALS = frozenset({"429", "503"})
_REFUSED_AS = frozenset({"too-many-requests", "quota-spent", "gateway-busy", "vectorizer-busy"})
"""Their statuses differ in the protocols of other services."""
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True, slots=True)
class Totals:
    """What was counted of some routes since the start. refused: for overload or a limit, with 429 or 503.

    up_to: the number of requests that took at most this number of seconds, without those refused unread.
    """

    requests: int
    refused: int
    up_to: Mapping[float, float]


class Metrics:
    """What one gateway counts.

    No label takes its values from clients' data; in particular, no names of directories or persons.
    """

    def __init__(self) -> None:
        self.registry = new_registry()
        self._requests = Counter(
            "faceserver_gateway_requests_total",
            "Requests by outcome: `ok`, the code of a problem, `client-gone` or `cut`.",
            ["route", "status", "outcome"],
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "faceserver_gateway_request_seconds",
            "Time from a request's arrival to its response, without the requests refused unread.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._stage_seconds = Histogram(
            "faceserver_gateway_stage_seconds",
            "Time of the stages of a request in the gateway; `vectorize` is the total wait for vectorizers.",
            ["stage"],
            buckets=SHORT_SECONDS,
            registry=self.registry,
        )
        self._decisions = Counter(
            "faceserver_gateway_decisions_total",
            "Recognized faces by decision, search path and reason: `unrecognizable`, or `none`.",
            ["decision", "search", "reason"],
            registry=self.registry,
        )
        self._authentications = Counter(
            "faceserver_gateway_authentications_total",
            "Requests by the way in which the caller was identified: `key`, `session`, `token`, `open`, or the code "
            "of a problem.",
            ["outcome"],
            registry=self.registry,
        )
        self.database_wait = database_wait(self.registry)

    def request_done(self, request: Ended) -> None:
        """Count a request."""
        self._requests.labels(request.route, str(request.status), request.outcome).inc()
        self._request_seconds.labels(request.route).observe(request.seconds)
        for name, milliseconds in request.stages.items():
            self._stage_seconds.labels(name).observe(milliseconds / 1000)

    def totals(self, routes: Collection[str]) -> Totals:
        """Return what was counted of these routes, all together."""
        requests, up_to = Counts[bool](), Counts[float]()
        for metric in self._requests.collect():
            for sample in metric.samples:
                if sample.name.endswith("_total") and sample.labels["route"] in routes:
                    requests[_is_refused(sample.labels)] += int(sample.value)
        for route in routes:
            for metric in self._request_seconds.labels(route).collect():
                for sample in metric.samples:
                    if sample.name.endswith("_bucket"):
                        up_to[float(sample.labels["le"])] += int(sample.value)
        return Totals(requests.total(), requests[True], up_to)

    def refused(self, route: str, status: int, outcome: str) -> None:
        """Count a request that was refused unread."""
        self._requests.labels(route, str(status), outcome).inc()

    def authenticated(self, outcome: str) -> None:
        """Count a request whose caller was looked for."""
        self._authentications.labels(outcome).inc()

    def decided(self, identities: Iterable[Identity]) -> None:
        """Count decisions."""
        for identity in identities:
            self._decisions.labels(identity.decision, identity.path, identity.reason or "none").inc()


def _is_refused(labels: Mapping[str, str]) -> bool:
    return labels["status"] in _REFUSALS or labels["outcome"] in _REFUSED_AS


class StateMetrics(Collector):
    """Reads the resources of one gateway, on the thread that answers Prometheus; requests do no work for it."""

    def __init__(
        self,
        slots: Slots,
        vectorizer: VectorizerClient,
        recall_check: RecallCheck,
        codes: CodeCache,
        keeping: Keeping,
    ) -> None:
        self._slots = slots
        self._vectorizer = vectorizer
        self._recall_check = recall_check
        self._codes = codes
        self._keeping = keeping

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Yield the metrics."""
        yield from self._slot_gauges()
        yield from self._vectorizers()
        yield from self._recall()
        yield from self._cache()
        yield from self._image_store()

    def _slot_gauges(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily(
            "faceserver_gateway_places",
            "Slots for requests with photographs (`APISERVER_MAX_REQUESTS`).",
            self._slots.count,
        )
        yield GaugeMetricFamily("faceserver_gateway_places_taken", "Slots that are taken.", self._slots.in_use)

    def _vectorizers(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        in_flight = GaugeMetricFamily(
            "faceserver_gateway_vectorizer_in_flight",
            "Images of this gateway at a vectorizer.",
            labels=["replica"],
        )
        set_aside = GaugeMetricFamily(
            "faceserver_gateway_vectorizer_set_aside",
            "1 if a vectorizer failed and gets no images until it is ready again, else 0.",
            labels=["replica"],
        )
        for replica in self._vectorizer.replicas.known:
            in_flight.add_metric([replica.url], replica.in_flight)
            set_aside.add_metric([replica.url], replica.set_aside)
        attempts = CounterMetricFamily(
            "faceserver_gateway_vectorizer_attempts",
            "Images sent to a vectorizer, second attempts included, by `ok` or the code of a problem.",
            labels=["outcome"],
        )
        for outcome, count in list(self._vectorizer.attempts.items()):
            attempts.add_metric([outcome], count)
        yield from (in_flight, set_aside, attempts)

    def _recall(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        checks = CounterMetricFamily(
            "faceserver_gateway_search_checks",
            "Answers compared with exact ones, by search path and verdict, `right` or `wrong`.",
            labels=["search", "verdict"],
        )
        for (path, right), count in list(self._recall_check.verdicts.items()):
            checks.add_metric([path, "right" if right else "wrong"], count)
        directories = GaugeMetricFamily(
            "faceserver_gateway_checked_directories",
            "Directories with checked answers, by effort: the factor of the number of candidates, or `exact`.",
            labels=["effort"],
        )
        efforts = self._recall_check.efforts.known().values()
        for effort, count in Counts("exact" if each.exact else str(each.width) for each in efforts).items():
            directories.add_metric([effort], count)
        yield from (checks, directories)

    def _cache(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        yield GaugeMetricFamily(
            "faceserver_gateway_code_cache_bytes",
            "Memory for codes of directories (at most `APISERVER_SEARCH_CACHE_BYTES`).",
            self._codes.size_bytes,
        )
        yield GaugeMetricFamily(
            "faceserver_gateway_code_cache_directories",
            "Directories whose codes are in memory.",
            self._codes.directories,
        )
        searches = CounterMetricFamily(
            "faceserver_gateway_code_cache_searches",
            "Searches that could use codes in memory: `used`, `absent` if they were not in memory, `behind` if too "
            "many faces had changed, or `expired` if the changes were not available any more.",
            labels=["outcome"],
        )
        for outcome in Outcome:
            searches.add_metric([outcome], self._codes.outcomes[outcome])
        yield searches

    def _image_store(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        yield GaugeMetricFamily(
            "faceserver_gateway_image_store_down",
            "1 while recognized photographs are not kept because the image store failed, else 0.",
            float(self._keeping.store_failed),
        )
        not_kept = CounterMetricFamily(
            "faceserver_gateway_photographs_not_kept",
            "Recognized photographs that could not be kept, by reason: `store-unavailable`, `store-full`, "
            "`database-read-only` or `quota-spent`.",
            labels=["reason"],
        )
        for reason in NotKept:
            not_kept.add_metric([reason], self._keeping.not_kept[reason])
        yield not_kept
