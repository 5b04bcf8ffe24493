"""The log line and the metrics of each request."""

import logging
from urllib.parse import quote

from fastapi import Request
from starlette.types import Scope

from apiserver.state import State
from serving.stages import Ended

_logger = logging.getLogger(__name__)


def log_request(scope: Scope, request: Ended) -> None:
    """Write the line of a request that has ended, and count it. Health checks are logged at the level `debug`."""
    level = logging.DEBUG if scope["path"].startswith("/health/") else logging.INFO
    _logger.log(
        level, "%s %s %d %.0f ms", scope["method"], quote(scope["path"]), request.status, 1000 * request.seconds
    )
    State.of(Request(scope)).metrics.request_done(request)
