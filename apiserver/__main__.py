"""`python -m apiserver`: serve until SIGINT or SIGTERM."""

import gc
import sys

import uvicorn
from pydantic import ValidationError

from apiserver.app import create_app
from apiserver.settings import Settings
from apiserver.telemetry import configure_logging


def main() -> int:
    """Run the gateway and return the exit status."""
    try:
        settings = Settings()
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            sys.stderr.write(f"APISERVER_{str(wrong['loc'][0]).upper()}: {wrong['msg']}\n")
        return 2
    configure_logging(settings.log_level)
    app = create_app(settings)
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


if __name__ == "__main__":
    sys.exit(main())
