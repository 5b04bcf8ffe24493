"""Runs the vectorizer: ``python -m vectorizer``."""

import gc
import logging
import sys
from contextlib import suppress

import uvicorn
from asgi_correlation_id import CorrelationIdFilter

from serving.logs import configure_logging
from serving.metrics_port import metrics_served
from serving.settings import read_settings
from serving.tracing import open_tracing
from vectorizer.app import create_app
from vectorizer.lane_metrics import LaneMetrics
from vectorizer.lanes import Lanes
from vectorizer.metrics import Metrics
from vectorizer.networks.models import ModelSource
from vectorizer.problems import StartError
from vectorizer.settings import Settings


def main() -> int:
    """Open the models and serve until a signal; return the exit status. A failed start prints one sentence."""
    settings = read_settings(Settings)
    configure_logging(settings, CorrelationIdFilter(default_value="-"))
    metrics, spans = Metrics(), open_tracing(settings.otlp_endpoint, "faceserver-vectorizer")
    try:
        source = ModelSource.find(settings.models, settings.model_cache, settings.engine())
        lanes = Lanes(
            source,
            settings.limits(),
            lanes=settings.lanes,
            waiting=settings.waiting,
            metrics=metrics,
            on_image_done=spans.add_stages if spans else None,
        )
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _log_models(source)
    metrics.registry.register(LaneMetrics(lanes))
    if settings.provider != "cpu":
        _watch_gpus(metrics)
    app = create_app(lanes, spans)
    gc.freeze()  # objects loaded by now stay, so that collections can skip them
    with metrics_served(metrics.registry, settings.metrics_host, settings.metrics_port):
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            proxy_headers=False,  # the client's address is not used
            server_header=False,
            timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
        )
    return 0


def _watch_gpus(metrics: Metrics) -> None:
    """Export the memory of the GPUs too, if NVIDIA's management library is installed."""
    with suppress(ImportError):
        from vectorizer.gpu_memory import GpuMemory  # noqa: PLC0415 - its library is installed with the GPU requirements only

        metrics.registry.register(GpuMemory())


def _log_models(source: ModelSource) -> None:
    log = logging.getLogger("vectorizer")
    log.info("%s and %s on %s, %s", source.detector_id, source.embedder_id, source.engine.provider, source.runtime)
    if not source.embedder.calibrated:
        log.warning("The thresholds of %s were not measured with this model; see docs/accuracy.md.", source.embedder_id)


if __name__ == "__main__":
    sys.exit(main())
