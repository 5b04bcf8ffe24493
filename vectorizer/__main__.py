"""Runs the vectorizer: ``python -m vectorizer``."""

import gc
import logging
import sys
from contextlib import suppress

gc.disable()  # until all is loaded: collections would take a tenth of the imports

from asgi_correlation_id import CorrelationIdFilter
from fastapi import FastAPI

from serving.host_names import hosts_checked, is_loopback
from serving.http_server.certificates import Certificate
from serving.http_server.connection_metrics import ConnectionMetrics
from serving.http_server.connections import Connections
from serving.http_server.health import Health, health_served
from serving.http_server.server import Server, http_config
from serving.logs import configure_logging
from serving.metrics_port import metrics_served
from serving.pace import Pace
from serving.resource_limits import disable_core_dumps, max_connections, raise_file_limit
from serving.settings import read_settings
from serving.tracing import Spans, open_tracing
from vectorizer.app import create_app
from vectorizer.lane_metrics import LaneMetrics
from vectorizer.lanes import Allowance, Lanes
from vectorizer.metrics import Metrics
from vectorizer.networks.models import ModelSource
from vectorizer.problems import StartError
from vectorizer.settings import Settings


def main() -> int:
    """Open the models and serve until a signal; return the exit status. A failed start prints one sentence."""
    disable_core_dumps()
    settings = read_settings(Settings)
    configure_logging(settings, CorrelationIdFilter(default_value="-"))
    metrics, spans = Metrics(), open_tracing(settings.otlp_endpoint, "faceserver-vectorizer")
    health = Health(settings.health_stall_seconds) if settings.health_port else None
    with (
        health_served(health, settings.health_host, settings.health_port),
        metrics_served(metrics.registry, settings.metrics_host, settings.metrics_port),
    ):
        try:
            lanes = _open_lanes(settings, metrics, spans)
        except StartError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        accepts_host = hosts_checked(settings.hosts, settings.host)
        _warn_if_open(settings)
        app = create_app(lanes, Pace.of(settings), spans, accepts_host, settings.secret)
        started = _serve(settings, metrics, app, health)
    return 0 if started else 1


def _open_lanes(settings: Settings, metrics: Metrics, spans: Spans | None) -> Lanes:
    """Open the models. Raises StartError."""
    source = ModelSource.find(
        settings.models, settings.model_cache, settings.engine(), commercial_use=settings.commercial_use
    )
    lanes = Lanes(
        source,
        settings.limits(),
        lanes=settings.lanes,
        waiting=settings.waiting,
        allowance=Allowance(settings.decoder_memory_bytes, settings.decoder_seconds),
        metrics=metrics,
        on_image_done=spans.add_stages if spans else None,
    )
    _log_models(source)
    metrics.registry.register(LaneMetrics(lanes))
    if settings.provider != "cpu":
        _watch_gpus(metrics)
    return lanes


def _serve(settings: Settings, metrics: Metrics, app: FastAPI, health: Health | None) -> bool:
    """Serve until a signal; return whether the service had started."""
    connections = Connections(max_connections(settings.max_connections, raise_file_limit()))
    metrics.registry.register(ConnectionMetrics("vectorizer", connections))
    gc.freeze()  # objects loaded by now stay, so that collections can skip them
    gc.enable()
    tls = Certificate.of(settings, settings.tls_client_ca_file)
    server = Server(http_config(app, settings, connections, port=settings.port, tls=tls), health, tls)
    with suppress(KeyboardInterrupt):  # raised again by uvicorn once it has stopped
        server.run()
    return server.started


def _warn_if_open(settings: Settings) -> None:
    if settings.secret is None and settings.tls_client_ca_file is None and not is_loopback(settings.host):
        logging.getLogger("vectorizer").warning(
            "Everybody who reaches %s can use the vectorizer: set VECTORIZER_SECRET and APISERVER_VECTORIZER_SECRET.",
            settings.host,
        )


def _watch_gpus(metrics: Metrics) -> None:
    """Export the memory of the GPUs too, if NVIDIA's management library is installed."""
    with suppress(ImportError):
        from vectorizer.gpu_memory import GpuMemory  # noqa: PLC0415 - its library is installed with the GPU requirements only

        metrics.registry.register(GpuMemory())


def _log_models(source: ModelSource) -> None:
    log = logging.getLogger("vectorizer")
    log.info(
        "%s by %s and %s by %s on %s",
        source.detector_id,
        source.detector_runtimes,
        source.embedder_id,
        source.runtime,
        source.engine.provider,
    )
    if not source.embedder.calibrated:
        log.warning("The thresholds of %s were not measured with this model; see docs/accuracy.md.", source.embedder_id)


if __name__ == "__main__":
    sys.exit(main())
