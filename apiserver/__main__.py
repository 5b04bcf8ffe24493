"""`python -m apiserver`: serve the gateway until SIGINT or SIGTERM."""

import gc
import sys
from contextlib import suppress

gc.disable()  # until all is loaded: collections would take a seventh of the start

from asgi_correlation_id import CorrelationIdFilter

from apiserver.app import create_app
from apiserver.http.access.rate_store import require_rate_store
from apiserver.resources import require_master_keys
from apiserver.server import Draining, Server
from apiserver.settings.proxies import membership, read_networks
from apiserver.settings.settings import Settings
from apiserver.storage.object_store import require_store
from apiserver.telemetry.gateway import Metrics
from serving.database_tls import warn_of_unverified
from serving.http_server.certificates import Certificate
from serving.http_server.connection_metrics import ConnectionMetrics
from serving.http_server.connections import Connections
from serving.http_server.health import Health, health_served
from serving.http_server.server import http_config
from serving.logs import configure_logging
from serving.metrics_port import metrics_served
from serving.resource_limits import disable_core_dumps, max_connections, raise_file_limit
from serving.settings import read_settings


def main() -> int:
    """Run the gateway and return the exit status."""
    disable_core_dumps()
    settings = read_settings(Settings)
    tls = Certificate.of(settings)
    require_store(settings.image_store_url)
    require_master_keys(settings)
    require_rate_store(settings.rates_url)
    configure_logging(settings, CorrelationIdFilter(default_value="-"))
    warn_of_unverified(settings.database_url)
    metrics, draining = Metrics(), Draining()
    connections = _connections(settings)
    metrics.registry.register(ConnectionMetrics("gateway", connections))
    health = Health(settings.health_stall_seconds) if settings.health_port else None
    with (
        health_served(health, settings.health_host, settings.health_port),
        metrics_served(metrics.registry, settings.metrics_host, settings.metrics_port),
    ):
        app = create_app(settings, metrics, draining)
        gc.freeze()  # modules are never unloaded, so the collector need not scan them again
        gc.enable()
        config = http_config(app, settings, connections, port=settings.port, tls=tls)
        server = Server(config, draining, settings.drain_seconds, health, tls)
        with suppress(KeyboardInterrupt):  # raised again by uvicorn once it has stopped
            server.run()
    return 0 if server.started else 1


def _connections(settings: Settings) -> Connections:
    """Return the bounds of the port; trusted proxies bring the connections of many clients."""
    return Connections(
        max_connections(settings.max_connections, raise_file_limit()),
        settings.max_connections_per_address,
        membership(read_networks(settings.trusted_proxies)),
    )


if __name__ == "__main__":
    if sys.argv[1:] == ["--held"]:  # of a standalone stack: until the database may be used
        sys.stdin.read()
    sys.exit(main())
