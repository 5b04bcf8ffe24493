"""Servers of Citus: started here from a PostgreSQL that has it, or those that an operator runs."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import asyncpg
import psutil  # type: ignore[import-untyped]

from bench.cluster.quota import Quota
from bench.harness.processes import usage
from faceserver.standalone.accounts import credentials, is_open, unprivileged_account
from faceserver.standalone.child import Child, Program
from faceserver.standalone.guard import Guard

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 120.0
"""A server that stops writes what it holds in memory."""
POLL_SECONDS = 0.1

_SUPERUSER = "postgres"
_OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_preload_libraries": "citus",
    "wal_level": "logical",
    # With less than the rows of a shard, what its split copies is streamed back to it, and the split does not end.
    "logical_decoding_work_mem": "16GB",
    "max_wal_size": "4GB",
    "max_connections": "200",
    "max_prepared_transactions": "400",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "4GB",  # where indexes are built, the gateway's own setting does not arrive
    "citus.enable_statistics_collection": "off",
    "log_checkpoints": "off",
}


@dataclass(frozen=True)
class Server:
    """A server of Citus: the DSN of a database of it, and its process if it was started here."""

    dsn: str
    process: psutil.Process | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.dsn)
        return parts.hostname or HOST, parts.port or 5432

    def database(self, name: str) -> str:
        """Return the DSN of another database of it."""
        return urlsplit(self.dsn)._replace(path=f"/{name}").geturl()

    def cpu_seconds(self) -> float | None:
        """Return the processor time that it has used, None if it was not started here."""
        return usage(self.process).cpu_seconds if self.process else None


@dataclass(frozen=True)
class Installation:
    """A PostgreSQL with Citus, and the folder with the data of its servers, which listen at `port` and the next ones.

    The servers trust all connections on this machine.
    """

    programs: Path
    folder: Path
    port: int

    @classmethod
    def opened(cls, postgres: Path, folder: Path, port: int) -> Self:
        """Return the installation in a folder. Raises SystemExit if its servers cannot run."""
        programs = (postgres / "bin").resolve()
        if not (programs / "initdb").exists():
            raise SystemExit(f"{postgres} has no bin/initdb: give the folder of a PostgreSQL with Citus and pgvector.")
        if account := unprivileged_account():
            if not is_open(folder.parent.resolve()):
                raise SystemExit(f"The account {account.pw_name} cannot enter {folder.parent}: give another folder.")
            os.chown(folder, account.pw_uid, account.pw_gid)
        return cls(programs, folder.resolve(), port)

    @asynccontextmanager
    async def running(self, workers: int, cores: float | None) -> AsyncIterator[list[Server]]:
        """Yield the coordinator and worker servers, each of these limited to a share of a core unless that is None.

        What they hold is kept for the next time. Raises StartError, TimeoutError, or OSError without control groups.
        """
        async with AsyncExitStack() as stack:
            guard, servers = stack.enter_context(Guard()), []
            for number in range(workers + 1):
                data = self.folder / str(number)
                if not data.exists():
                    await asyncio.to_thread(self._initialise, data)
                command: list[str | Path] = self._command(data, self.port + number)
                if number and cores:
                    command = stack.enter_context(Quota.opened(f"server-{number}", cores)).command(command)
                log = self.folder / f"{number}.log"
                program = Program(
                    name="PostgreSQL server",
                    command=command,
                    log=log,
                    stop_signal=signal.SIGINT,
                    stop_seconds=STOP_SECONDS,
                )
                child = Child(program, guard)
                await child.start()
                stack.push_async_callback(child.stop)
                servers.append(await self._started(child, self.port + number))
            yield servers

    def _initialise(self, data: Path) -> None:
        options = "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"
        command: list[str | Path] = [self.programs / "initdb", "--pgdata", data, "--username", _SUPERUSER, *options]
        account = unprivileged_account()
        subprocess.run(command, check=True, capture_output=True, cwd="/", **credentials(account))

    def _command(self, data: Path, port: int) -> list[str | Path]:
        options = [f"--{name}={value}" for name, value in _OPTIONS.items()]
        command: list[str | Path] = [self.programs / "postgres", "-D", data, "-p", str(port), *options]
        if account := unprivileged_account():
            command[:0] = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        return command

    async def _started(self, child: Child, port: int) -> Server:
        dsn = f"postgresql://{_SUPERUSER}@{HOST}:{port}/postgres"
        async with asyncio.timeout(START_SECONDS):
            while not await _answers(dsn):
                await child.check()
                await asyncio.sleep(POLL_SECONDS)
        return Server(dsn, psutil.Process(child.pid))


@dataclass(frozen=True)
class Given:
    """Servers that an operator runs, the coordinator first."""

    dsns: Sequence[str]

    @asynccontextmanager
    async def running(self, workers: int, cores: float | None) -> AsyncIterator[list[Server]]:  # noqa: ARG002
        """Yield the coordinator and worker servers; their limits are the operator's."""
        yield [Server(dsn) for dsn in self.dsns[: workers + 1]]


async def _answers(dsn: str) -> bool:
    try:
        connection = await asyncpg.connect(dsn)
    except (OSError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True
