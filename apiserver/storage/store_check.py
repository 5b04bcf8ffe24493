"""Check of the object store at the start of a process."""

import sys

from obstore.exceptions import BaseError

from apiserver.storage.images import open_store


def require_store(url: str) -> None:
    """End the process with a message that names the setting if the store at `url` cannot be opened."""
    try:
        open_store(url)
    except OSError as error:
        reason = f"its folder cannot be created: {error.strerror}"
    except (BaseError, ValueError) as error:
        reason = str(error).partition("\n")[0]  # the lines below it show obstore's source code
    else:
        return
    sys.stderr.write(f"APISERVER_IMAGE_STORE_URL: {reason}\n")
    sys.exit(2)
