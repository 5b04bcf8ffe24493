"""Programs of the gateway that use the database of a data folder, or another; no gateway needs to run."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
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


async def run_keys(data: Path, dsn: str | None, arguments: Sequence[str]) -> list[bytes]:
    """Run the gateway's command of keys on a database, or else on that of a data folder; return its lines of JSON.

    Only the making of a key makes a data folder. Raises StartError.
    """
    in_json = [arguments[0], "--json", *arguments[1:]]
    if dsn is None and arguments[0] != "create":
        await asyncio.to_thread(_require_database, data)
    async with _database(data, dsn) as used:
        return (await _output(used, in_json)).encode().splitlines()


async def run_program(
    data: Path, dsn: str | None, program: Sequence[str], *, captured: bool = False
) -> tuple[int, bytes]:
    """Run a module on a database, or else on that of a data folder; return its exit status and its captured output.

    Raises StartError.
    """
    async with _database(data, dsn) as used:
        process = await asyncio.create_subprocess_exec(
            *_python(program), env=_environment(used), stdout=asyncio.subprocess.PIPE if captured else None
        )
        output, _ = await process.communicate()
        return process.returncode or 0, output or b""


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


def _require_database(data: Path) -> None:
    if not (data.expanduser() / "postgres").is_dir():
        raise StartError(f"There is no database in {data}: give --data, --database-url or --url.")


@asynccontextmanager
async def _database(data: Path, dsn: str | None) -> AsyncIterator[str]:
    """Yield the DSN that is given, or that of a data folder, whose server is started unless it runs."""
    if dsn is not None:
        yield dsn
        return
    async with AsyncExitStack() as stack:
        try:
            used = await stack.enter_async_context(_database_of(data))
        except FolderInUse:
            used = running_dsn(data)
        yield used


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


async def _output(dsn: str, arguments: Sequence[str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *_python([KEYS, *arguments]),
        env=_environment(dsn),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    if process.returncode:
        sentence = errors.decode(errors="replace").strip().rpartition("error: ")[2]
        raise StartError(sentence[:1].upper() + sentence[1:])
    return output.decode()


def _python(program: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", *program]


def _environment(dsn: str) -> dict[str, str]:
    return {**os.environ, "APISERVER_DATABASE_URL": dsn, "APISERVER_DATABASE_URL_FILE": ""}  # noqa: TID251 - handed on
