"""Where log lines go, and how they look."""

import logging
import sys

_FORMAT = "%(asctime)s %(levelname)s %(name)s [%(correlation_id)s] %(message)s"


def configure_logging(level: str, correlation: logging.Filter) -> None:
    """Send log lines of the whole process to standard error.

    `correlation` gives each record a `correlation_id`, which says what the line was written for.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(correlation)
    handler.setFormatter(logging.Formatter(_FORMAT))
    logging.basicConfig(level=level.upper(), handlers=[handler])
