"""Serves the metrics on a separate port, which only Prometheus needs to reach."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server


@contextmanager
def metrics_served(registry: CollectorRegistry, host: str, port: int | None) -> Iterator[None]:
    """Serve `registry` at /metrics, on a thread, during the block; do nothing without a port.

    Ends the process, with a sentence, if it cannot listen there.
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
