"""The log line and the metrics of each request."""

import logging
from collections.abc import Callable

from fastapi import Request
from starlette.types import Scope

from apiserver.state import State
from serving.logged_paths import LoggedPaths
from serving.request_log import operation_of
from serving.stages import Ended

_logger = logging.getLogger(__name__)


def request_log(paths: LoggedPaths) -> Callable[[Scope, Ended], None]:
    """Return a function that writes the line of a request that has ended, and counts it.

    Health checks are logged at the level `debug`.
    """

    def log_request(scope: Scope, request: Ended) -> None:
        level = logging.DEBUG if scope["path"].startswith("/health/") else logging.INFO
        path = paths.of(scope) + operation_of(scope)
        _logger.log(level, "%s %s %d %.0f ms", scope["method"], path, request.status, 1000 * request.seconds)
        State.of(Request(scope)).metrics.request_done(request)

    return log_request
