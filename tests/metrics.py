"""What a service tells Prometheus, as Prometheus reads it."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.calls import NO_TLS
from tests.waiting import PATIENCE_SECONDS


class Samples:
    """The values of one scrape."""

    def __init__(self, port: int) -> None:
        text = (
            httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, verify=NO_TLS, timeout=PATIENCE_SECONDS)
            .raise_for_status()
            .text
        )
        self.text = text
        self._values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        """Return the value of a sample, 0 where there is none, as of an event that never was."""
        return self._values.get((f"faceserver_{name}", frozenset(labels.items())), 0.0)

    def names(self, label: str, name: str) -> set[str]:
        """Return the values that a label of a metric has."""
        return {dict(labels)[label] for known, labels in self._values if known == f"faceserver_{name}"}
