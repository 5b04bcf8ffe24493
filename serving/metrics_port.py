"""Metrics for Prometheus, on a separate port that clients need not reach."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import prometheus_client
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # they would double the number of series

SHORT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Histogram buckets for operations that should take milliseconds."""


def new_registry() -> CollectorRegistry:
    """Return a separate registry, because several services may run in one process, with the metrics of the process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


@contextmanager
def metrics_served(registry: CollectorRegistry, host: str, port: int | None) -> Iterator[None]:
    """Serve the metrics of `registry` at /metrics, on a thread, while the block runs. Does nothing without a port.

    Ends the process with a message if it cannot listen on the port.
    """
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        sys.exit(f"The metrics cannot be served at {host}:{port}: {error.strerror}.")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
