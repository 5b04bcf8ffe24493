"""`python -m apiserver`: serve the gateway until SIGINT or SIGTERM."""

import gc
import sys
from contextlib import suppress

import uvicorn
from asgi_correlation_id import CorrelationIdFilter

from apiserver.app import create_app
from apiserver.server import Draining, Server
from apiserver.settings import Settings
from apiserver.storage.object_store import require_store
from apiserver.telemetry.gateway import Metrics
from serving.logs import configure_logging
from serving.metrics_port import metrics_served
from serving.settings import read_settings


def main() -> int:
    """Run the gateway and return the exit status."""
    settings = read_settings(Settings)
    require_store(settings.image_store_url)
    configure_logging(settings, CorrelationIdFilter(default_value="-"))
    metrics = Metrics()
    draining = Draining()
    app = create_app(settings, metrics, draining)
    gc.freeze()  # modules are never unloaded, so the collector need not scan them again
    with metrics_served(metrics.registry, settings.metrics_host, settings.metrics_port):
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            proxy_headers=False,  # the client's address is not used
            server_header=False,
            timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
        )
        server = Server(config, draining, settings.drain_seconds)
        with suppress(KeyboardInterrupt):  # raised again by uvicorn once it has stopped
            server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
