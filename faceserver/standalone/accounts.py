"""Runs PostgreSQL, which refuses to run as root, under another account if the stack is started by root."""

import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ACCOUNT = "faceserver"
COPIES = Path("/var/lib/faceserver")
"""Programs that the account cannot reach where they are installed."""

logger = logging.getLogger(__name__)


def unprivileged_account() -> pwd.struct_passwd | None:
    """Return the account for PostgreSQL, created if missing, or None if this process does not run as root.

    Raises `subprocess.CalledProcessError` or `FileNotFoundError` if it cannot be created.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        useradd = shutil.which("useradd") or "/usr/sbin/useradd"
        subprocess.run([useradd, "--system", "--no-create-home", ACCOUNT], check=True, capture_output=True)
        return pwd.getpwnam(ACCOUNT)


def credentials(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return the arguments that make a subprocess run as `account`; None keeps the current account."""
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


def is_open(folder: Path) -> bool:
    """Tell whether other accounts may traverse `folder` and its parents."""
    return all(each.stat().st_mode & stat.S_IXOTH for each in (folder, *folder.parents))


def opened_copy(folder: Path, parts: Iterable[str], name: str, place: Path = COPIES) -> Path:
    """Return `folder` itself if other accounts may traverse it, or else a copy of its parts, made once in `place`.

    The modes of folders that are not ours stay as they are. Raises OSError.
    """
    if is_open(folder):
        return folder
    copy = place / name
    if not copy.exists():
        logger.info("The account %s cannot enter %s: copying programs from it to %s.", ACCOUNT, folder, copy)
        place.mkdir(mode=0o755, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place) as unfinished:
            for part in parts:
                shutil.copytree(folder / part, Path(unfinished, name, part), symlinks=True)
            Path(unfinished, name).rename(copy)
    return copy
