"""Runs the vectorizer: ``python -m vectorizer``."""

import gc
import logging
import sys

import uvicorn

from vectorizer.app import create_app
from vectorizer.images import Limits
from vectorizer.models import ModelSource
from vectorizer.pipeline import Lanes
from vectorizer.problems import StartError
from vectorizer.settings import read_settings
from vectorizer.telemetry import configure_logging


def main() -> int:
    """Open the models, then serve until a signal; a start that cannot be is a sentence and a status other than 0."""
    settings = read_settings()
    configure_logging(settings.log_level)
    try:
        source = ModelSource.find(settings.models, settings.model_cache, settings.engine())
        limits = Limits(settings.max_image_bytes, settings.max_image_pixels)
        lanes = Lanes(source, limits, lanes=settings.lanes, waiting=settings.waiting)
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _introduce(source)
    app = create_app(lanes)
    gc.freeze()  # what is loaded by now stays, so no collection need look at it again
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # nobody asks who the client is
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
    )
    return 0


def _introduce(source: ModelSource) -> None:
    log = logging.getLogger("vectorizer")
    log.info("%s and %s on %s, %s", source.detector_id, source.embedder_id, source.engine.provider, source.runtime)
    if not source.embedder.calibrated:
        log.warning("The thresholds of %s were not measured with this model; see docs/accuracy.md.", source.embedder_id)


if __name__ == "__main__":
    sys.exit(main())
