"""`python -m apiserver`: serve until SIGINT or SIGTERM."""

import sys

import uvicorn
from asgi_correlation_id import CorrelationIdFilter

from apiserver.app import create_app
from apiserver.logs import configure_logging
from apiserver.settings import read_settings


def main() -> int:
    """Run the gateway and return the exit status."""
    settings = read_settings()
    configure_logging(settings.log_level, CorrelationIdFilter(default_value="-"))
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
