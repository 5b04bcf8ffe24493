"""The folder of the database and the images, and the lock that gives it to one stack at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faceserver.problems import StartError


class FolderInUse(StartError):
    """Another running stack has the folder."""


@contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """Create `folder` if missing and lock it; yield its absolute path. Raises StartError.

    The kernel releases the lock however this process ends, so a killed stack leaves nothing to clean up.
    """
    folder = folder.expanduser().resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "images").mkdir(mode=0o700, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise StartError(f"The data folder {folder} cannot be used: {error}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUse(f"The data folder {folder} is in use by another running stack.") from error
        yield folder
