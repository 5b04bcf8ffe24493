"""``python -m vectorizer.fetch``: prepare the model pack in the cache for vectorizers with the same settings.

Run it once before vectorizers that cannot reach the internet, or that share a cache.
"""

import logging
import sys

from asgi_correlation_id import CorrelationIdFilter

from serving.logs import configure_logging
from serving.settings import read_settings
from vectorizer.networks.models import ModelSource
from vectorizer.problems import StartError
from vectorizer.settings import Settings


def main() -> int:
    """Fetch, verify and prepare the pack, and return the exit status; files already in the cache are only verified."""
    settings = read_settings(Settings)
    configure_logging(settings, CorrelationIdFilter(default_value="-"))
    try:
        source = ModelSource.find(
            settings.models, settings.model_cache, settings.engine(), commercial_use=settings.commercial_use
        )
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    logging.getLogger("vectorizer").info("%s and %s are ready to run", source.detector_id, source.embedder_id)
    return 0


if __name__ == "__main__":
    sys.exit(main())
