"""Programs of the gateway that use the database of a data folder, or another; no gateway needs to run."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from db.migrate import MigrationFailed, migrate
from faceserver.problems import StartError
from faceserver.standalone.child import Child
from faceserver.standalone.data_folder import FolderInUse, locked
from faceserver.standalone.guard import Guard
from faceserver.standalone.postgres import Cluster, running_dsn

_POLL_SECONDS = 0.05
KEYS = "apiserver.keys"
_FIRST = ("create", "--name", "first", "--scope", "admin", "--directory", "*")


async def run_keys(data: Path, dsn: str | None, arguments: Sequence[str]) -> int:
    """Run the command of keys as `run_program` does. Raises StartError."""
    return (await run_program(data, dsn, (KEYS, *arguments)))[0]


async def run_program(
    data: Path, dsn: str | None, program: Sequence[str], *, captured: bool = False
) -> tuple[int, bytes]:
    """Run a module on a database, or else on that of a data folder; return its exit status and its captured output.

    Raises StartError.
    """
    if dsn is not None:
        return await _command(dsn, program, captured=captured)
    try:
        async with _database_of(data) as own:
            return await _command(own, program, captured=captured)
    except FolderInUse:
        return await _command(running_dsn(data), program, captured=captured)


async def has_key(dsn: str) -> bool:
    """Tell whether a key of the database works. Raises StartError."""
    now = datetime.now(UTC)
    listed = [json.loads(line) for line in (await _output(dsn, ["list", "--json"])).splitlines()]
    return any(
        key["revoked_at"] is None and (key["expires_at"] is None or now < datetime.fromisoformat(key["expires_at"]))
        for key in listed
    )


async def write_first_key(dsn: str, file: Path) -> None:
    """Make a key that may do everything, and write it into a file that only we can read. Raises StartError."""
    await asyncio.to_thread(_write_private, file, await _output(dsn, _FIRST))


def _write_private(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)


@asynccontextmanager
async def _database_of(data: Path) -> AsyncIterator[str]:
    """Run the embedded server of a data folder; yield its DSN. Raises FolderInUse or another StartError."""
    with locked(data) as folder, Cluster.opened(folder) as cluster, Guard() as guard:
        postgres = Child(cluster.program, guard)
        await cluster.prepare()
        await postgres.start()
        try:
            while not cluster.is_ready(postgres.pid):
                await postgres.check()
                await asyncio.sleep(_POLL_SECONDS)
            await _migrated(cluster.dsn)
            yield cluster.dsn
        finally:
            await postgres.stop()


async def _migrated(dsn: str) -> None:
    try:
        await migrate(dsn, place="data folder")
    except MigrationFailed as failure:
        raise StartError(f"The database cannot be migrated: {failure}") from failure


async def _command(dsn: str, program: Sequence[str], *, captured: bool) -> tuple[int, bytes]:
    process = await asyncio.create_subprocess_exec(
        *_python(program), env=_environment(dsn), stdout=asyncio.subprocess.PIPE if captured else None
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output or b""


async def _output(dsn: str, arguments: Sequence[str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *_python([KEYS, *arguments]),
        env=_environment(dsn),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    if process.returncode:
        raise StartError(f"The keys cannot be read or written: {errors.decode(errors='replace').strip()}")
    return output.decode()


def _python(program: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", *program]


def _environment(dsn: str) -> dict[str, str]:
    return {**os.environ, "APISERVER_DATABASE_URL": dsn, "APISERVER_DATABASE_URL_FILE": ""}  # noqa: TID251 - handed on
