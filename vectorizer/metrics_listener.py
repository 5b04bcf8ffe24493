"""Where Prometheus fetches the metrics: a port of its own, which nobody else need reach."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server


@contextmanager
def metrics_served(registry: CollectorRegistry, host: str, port: int | None) -> Iterator[None]:
    """Serve what `registry` holds at /metrics, on a thread, for as long as what is inside lasts; not without a port.

    Ends the process, with a sentence, where it cannot listen there.
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
