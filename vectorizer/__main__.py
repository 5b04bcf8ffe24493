"""Runs the vectorizer: ``python -m vectorizer``."""

import logging
import sys

import uvicorn
from pydantic import ValidationError

from vectorizer.app import create_app
from vectorizer.models import open_models
from vectorizer.problems import StartError
from vectorizer.settings import Settings
from vectorizer.telemetry import configure_logging


def main() -> int:
    """Open the models, then serve until a signal; a start that cannot be is one sentence and status 1."""
    try:
        settings = Settings()
        configure_logging(settings.log_level)
        models = open_models(settings.models, settings.model_cache, settings.provider, settings.detector_size)
    except (StartError, ValidationError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the reason of a failed start, for a person
        return 1
    if not models.embedder_manifest.calibrated:
        logging.getLogger("vectorizer").warning(
            "The thresholds of %s were not measured with this model; see docs/accuracy.md.", models.embedder_id
        )
    uvicorn.run(
        create_app(settings, models),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
