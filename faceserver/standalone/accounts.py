"""Runs PostgreSQL, which refuses to run as root, under another account if the stack is started by root."""

import logging
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

ACCOUNT = "faceserver"

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


def let_through(folder: Path) -> None:
    """Let other accounts traverse `folder` and its parents, without listing their contents."""
    for closed in (folder, *folder.parents):
        mode = closed.stat().st_mode
        if not mode & stat.S_IXOTH:
            logger.warning(
                "PostgreSQL runs as %s, not as root: adding execute permission for others to %s.", ACCOUNT, closed
            )
            closed.chmod(mode | stat.S_IXOTH)
