"""Ends a start whose object store cannot be opened, in a sentence."""

import sys

from obstore.exceptions import BaseError

from apiserver.image_store import open_store


def require_store(url: str) -> None:
    """End the process with a line that names the setting unless the store at `url` can be opened."""
    try:
        open_store(url)
    except OSError as error:
        reason = f"its folder cannot be made: {error.strerror}"
    except (BaseError, ValueError) as error:
        reason = str(error).partition("\n")[0]  # obstore's own source stands below it
    else:
        return
    sys.stderr.write(f"APISERVER_IMAGE_STORE_URL: {reason}\n")
    sys.exit(2)
