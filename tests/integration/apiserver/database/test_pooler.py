"""The gateway behind PgBouncer, in both modes."""

import asyncio
import shutil
import socket
import subprocess
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from apiserver.access.binding import bound_to
from apiserver.database.opening import open_database
from apiserver.database.pool import Pooler
from db.migrate import migrate
from tests.checkout import ROOT
from tests.citus import allow_changes_everywhere
from tests.database import PostgresServer
from tests.integration.apiserver.conftest import Serve
from tests.ports import free_port
from tests.waiting import until

_PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
_REQUESTS = 600
_MODES = [Pooler.SESSION, Pooler.TRANSACTION]

pytestmark = pytest.mark.skipif(_PGBOUNCER is None, reason="pgbouncer is not installed.")


@contextmanager
def pgbouncer(postgres: PostgresServer, database_url: str, mode: Pooler) -> Iterator[str]:
    """Run PgBouncer with its defaults in front of the database; yield the address of the database there."""
    parts, port = urlsplit(database_url), free_port()
    name, host = parts.path[1:], parts.hostname or parse_qs(parts.query)["host"][0]
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as folder:
        configuration = Path(folder, "pgbouncer.ini")
        configuration.write_text(
            f"[databases]\n{name} = host={host} port={parts.port or 5432} user={parts.username} pool_size=12\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
            f"pool_mode = {mode}\nmax_client_conn = 100\n"
        )
        if postgres.system_user:
            shutil.chown(folder, postgres.system_user)
        process = subprocess.Popen(
            [str(_PGBOUNCER), "-q", str(configuration)], user=postgres.system_user, stderr=subprocess.DEVNULL
        )
        try:
            yield f"postgresql://{parts.username}@127.0.0.1:{port}/{name}"
        finally:
            process.terminate()
            process.wait()


async def _listens(url: str) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex((urlsplit(url).hostname, urlsplit(url).port)) == 0


@pytest.fixture(params=_MODES, ids=str)
def mode(request: pytest.FixtureRequest) -> Pooler:
    mode: Pooler = request.param
    return mode


@pytest.fixture
def pooled_url(postgres: PostgresServer, database_url: str, mode: Pooler) -> Iterator[str]:
    with pgbouncer(postgres, database_url, mode) as url:
        yield url


async def test_600_calls_by_two_tenants_at_once_are_answered_right(
    serve: Serve, settings, pooled_url: str, mode: Pooler, ann: bytes
):
    await until(lambda: _listens(pooled_url))
    gateway = await serve(
        settings.model_copy(update={"database_url": type(settings.database_url)(pooled_url), "database_pooler": mode})
    )
    for directory, person in (("acme", "ann"), ("other", "eve")):
        learned = await gateway.post("/learn", data={"person": person, "directory": directory}, files={"file": ann})
        assert learned.status_code == 201, learned.text
    found = await gateway.post("/recognize", data={"directory": "other"}, files={"file": ann})
    assert found.json()["persons"][0]["id"] == "eve"
    room = asyncio.Semaphore(20)

    async def call(number: int) -> str | None:
        directory, person = (("acme", "ann"), ("other", "eve"))[number % 2]
        async with room:
            if number // 2 % 20 == 0:
                answer = await gateway.post("/recognize", data={"directory": directory}, files={"file": ann})
            else:
                answer = await gateway.get(f"/directories/{directory}/persons/{person}")
        others = {"ann": "eve", "eve": "ann"}
        right = answer.is_success and f'"{person}"' in answer.text and f'"{others[person]}"' not in answer.text
        return None if right else f"{answer.status_code} {answer.text[:200]}"

    wrong = [one for one in await asyncio.gather(*map(call, range(_REQUESTS))) if one]
    assert wrong == []


async def test_what_a_connection_sees_never_leaks_to_another_client(database, pooled_url: str, mode: Pooler):
    await until(lambda: _listens(pooled_url))
    await database.execute("INSERT INTO directories (directory) VALUES ('a'), ('b'), ('c')")
    async with open_database(pooled_url, pool_size=10, timeout_seconds=60, pooler=mode) as connections:

        async def seen(number: int) -> bool:
            directory = "abc"[number % 3]
            with bound_to(directory):
                async with connections.connection() as connection:
                    first = await connection.fetch("SELECT directory FROM directories")
                    jit = await connection.fetchval("SHOW jit")
            async with connections.unbound() as connection:
                every = await connection.fetchval("SELECT count(*) FROM directories")
            return [row["directory"] for row in first] == [directory] and every == 3 and jit == "off"

        assert all(await asyncio.gather(*map(seen, range(300))))
    connection = await asyncpg.connect(pooled_url, statement_cache_size=0)
    try:
        assert await connection.fetchval("SELECT count(*) FROM directories") == 3
    finally:
        await connection.close()


async def test_a_caller_that_is_cancelled_leaves_no_transaction(database, pooled_url: str, mode: Pooler):
    await until(lambda: _listens(pooled_url))
    await database.execute("INSERT INTO directories (directory) VALUES ('a'), ('b')")
    async with open_database(pooled_url, pool_size=3, timeout_seconds=60, pooler=mode) as connections:

        async def write() -> None:
            with bound_to("a"):
                async with connections.connection() as connection, connection.transaction():
                    await connection.execute("INSERT INTO persons (directory, person) VALUES ('a', 'ann')")
                    await connection.execute("SELECT pg_sleep(60)")

        for _ in range(5):
            task = asyncio.create_task(write())
            await until(lambda: _sleeps(database))
            task.cancel()
            await asyncio.wait([task])
        with bound_to("b"):
            async with connections.connection() as connection:
                assert await connection.fetchval("SELECT string_agg(directory, '') FROM directories") == "b"
        assert await database.fetchval("SELECT count(*) FROM persons") == 0


async def _sleeps(database: asyncpg.Connection) -> bool:
    statement = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()"
    return bool(await database.fetchval(f"{statement} AND state = 'active'"))


@pytest.mark.parametrize(
    "command", [["keys", "create", "--name", "a", "--scope", "read", "--directory", "*"], ["audit", "export"]], ids=str
)
async def test_commands_go_through_the_pooler_too(database, pooled_url: str, mode: Pooler, command: list[str]):
    await until(lambda: _listens(pooled_url))
    await database.execute(
        "INSERT INTO audit_chains (directory, position, head) VALUES ('acme', 0, decode(repeat('00', 32), 'hex'))"
    )
    environment = {"APISERVER_DATABASE_URL": pooled_url, "APISERVER_DATABASE_POOLER": mode}

    done = [await _run(command[0], *command[1:], environment=environment) for _ in range(2)]

    assert [each for *_, each in done] == ["", ""]
    assert all(code == 0 for code, *_ in done)
    assert all(("acme" if command[0] == "audit" else "fs_") in output for _, output, _ in done)


async def test_a_snapshot_is_one_transaction_that_sees_no_later_changes(database, pooled_url: str, mode: Pooler):
    await until(lambda: _listens(pooled_url))
    await database.execute("INSERT INTO directories (directory) VALUES ('a')")
    async with open_database(pooled_url, pool_size=4, timeout_seconds=60, pooler=mode) as connections:
        with bound_to("a"):
            async with connections.snapshot() as connection:
                before = await connection.fetch("SELECT person FROM persons")
                await database.execute("INSERT INTO persons (directory, person) VALUES ('a', 'ann')")
                assert await connection.fetch("SELECT person FROM persons") == before == []
            async with connections.connection() as connection:
                assert await connection.fetchval("SELECT person FROM persons") == "ann"


async def test_a_migration_leaves_no_lock_to_whoever_gets_its_connection_next(database, pooled_url: str):
    await until(lambda: _listens(pooled_url))
    await allow_changes_everywhere(database)
    assert await migrate(pooled_url) == ""
    assert await database.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0


async def test_a_worker_says_that_it_needs_sessions():
    environment = {
        "APISERVER_DATABASE_URL": "postgresql://127.0.0.1:1/faceserver",
        "APISERVER_DATABASE_POOLER": Pooler.TRANSACTION,
        "APISERVER_VECTORIZER_URLS": "http://127.0.0.1:1",
        "APISERVER_IMAGE_STORE_URL": "memory:///",
    }
    code, _, said = await _run("worker", environment=environment)
    assert code == 2
    assert said.startswith("A worker needs its own sessions")
    assert len(said.splitlines()) == 1


async def _run(module: str, *arguments: str, environment: dict[str, str]) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"apiserver.{module}", *arguments, env=environment, cwd=ROOT, stdout=PIPE, stderr=PIPE
    )
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()
