"""The metrics endpoint for Prometheus, on a separate port that clients need not reach."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server


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
