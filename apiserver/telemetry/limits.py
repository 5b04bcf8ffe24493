"""Metrics of the limits of keys: what was refused and spent, of all keys together."""

from collections.abc import Iterator
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from apiserver.access.limits import Limit, Quota
from apiserver.keys.usage import Usage


class RateStore(Protocol):
    """Where requests per minute are counted."""

    failures: int

    @property
    def is_down(self) -> bool:
        """Whether the shared store failed."""


class UsageMetrics(Collector):
    """Reads what the keys of one process spent and were refused when Prometheus collects."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Yield the current metrics."""
        spent = CounterMetricFamily(
            "faceserver_key_usage",
            "Usage of all keys together in this process: requests, lane seconds, faces, stored faces, stored bytes, "
            "database seconds.",
            labels=["kind"],
        )
        for quota in Quota:
            spent.add_metric([quota], self._usage.spent[quota])
        yield spent
        yield CounterMetricFamily(
            "faceserver_key_usage_write_failures",
            "Failed attempts to add the usage of keys to the database; it is kept and added later.",
            self._usage.write_failures,
        )


class LimitMetrics(Collector):
    """Reads what one gateway refused because of limits of keys."""

    def __init__(self, usage: Usage, store: RateStore) -> None:
        self._usage = usage
        self._store = store

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """Yield the current metrics."""
        refusals = CounterMetricFamily(
            "faceserver_gateway_limit_refusals", "Requests refused because of a limit of their key.", labels=["limit"]
        )
        for limit in Limit:
            refusals.add_metric([limit], self._usage.refusals[limit])
        yield refusals
        yield GaugeMetricFamily(
            "faceserver_gateway_rates_store_down",
            "1 while the gateway counts requests per minute by itself because the shared store failed, else 0.",
            float(self._store.is_down),
        )
        yield CounterMetricFamily(
            "faceserver_gateway_rates_store_failures",
            "Failed attempts to count a request in the shared store.",
            self._store.failures,
        )
