"""`python -m db distribute`, on the servers of Citus that FACESERVER_TEST_CITUS names."""

import asyncio
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from apiserver.access.binding import bound_to
from apiserver.database.opening import open_database
from apiserver.problems import DatabaseUnavailable
from db.distribute import DEFAULT_SHARDS, distribute
from db.distribution import DISTRIBUTED, LOCAL, REFERENCE
from db.migrate import MigrationFailed, migrate
from db.row_security import ROLE
from db.server import UnusableDatabase
from tests.citus import COORDINATOR, NEEDED, SHARDS, Citus, connected, url_of
from tests.conftest import CLONED, Execute
from tests.database import PostgresServer

DIRECTORIES = [f"directory {number}" for number in range(12)]

_ROWS = """
INSERT INTO directories (directory) VALUES ($1);
INSERT INTO persons (directory, person, display_name, face_count) VALUES ($1, 'ann', 'Änn', 2), ($1, 'bob', NULL, 0);
INSERT INTO images (directory, image, media_type, size_bytes, sha256)
    VALUES ($1, $1, 'image/jpeg', 1, sha256('image'));
INSERT INTO faces (directory, person, model, embedding, crop, box, score, image, image_sha256)
    SELECT $1, 'ann', 'm' || n, '[1,-1]', 'crop', '{0,0,1,1}', 1, $1, sha256('image') FROM generate_series(1, 2) AS n;
INSERT INTO matched_images (directory, person, image) VALUES ($1, 'ann', $1);
INSERT INTO merges (directory, person) VALUES ($1, 'ann');
INSERT INTO search_indexes (directory, model, dimension) VALUES ($1, 'm', 2);
"""

_KINDS = "SELECT logicalrelid::text, partmethod::text FROM pg_dist_partition"
_PLACES = "SELECT count(DISTINCT colocationid) FROM pg_dist_partition WHERE partmethod = 'h'"
_LEFT = "SELECT oid::regclass::text FROM pg_class WHERE relname = ANY ($1) AND pg_relation_size(oid) > 0"
_COPY = "SELECT directory, person, model, embedding::text, code::text, crop, image FROM faces ORDER BY directory, model"
_NAMES = """
SELECT conname::text FROM pg_constraint WHERE 'faces'::regclass IN (conrelid, confrelid)
UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'faces'::regclass
"""


@pytest.fixture
def empty_url(citus: Citus) -> Iterator[str]:
    with citus.undistributed() as url:
        yield url


@pytest.fixture
async def migrated_url(empty_url: str) -> str:
    await migrate(empty_url, create=False)
    return empty_url


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with connected(migrated_url) as connection:
        yield connection


async def fill(database: asyncpg.Connection) -> None:
    for directory in DIRECTORIES:
        for statement in _ROWS.removesuffix(";\n").split(";\n"):
            await database.execute(statement, directory)


async def test_every_table_is_where_it_is_declared_to_be_and_the_second_run_changes_nothing(database, migrated_url):
    first = await distribute(migrated_url)
    assert dict(await database.fetch(_KINDS)) == {
        **dict.fromkeys(DISTRIBUTED, "h"),
        **dict.fromkeys(REFERENCE, "n"),
    }
    assert await database.fetchval(_PLACES) == 1, "all rows of a directory are on one server"
    assert (
        first.splitlines()[-1] == f"{len(DISTRIBUTED)} tables are distributed in {DEFAULT_SHARDS} shards on 2 servers."
    )
    assert await distribute(migrated_url) == first.splitlines()[-1]


async def test_rows_move_to_the_shards_and_nothing_of_them_stays(database, migrated_url):
    await fill(database)
    names = sorted(name for (name,) in await database.fetch(_NAMES))
    counts = {table: await database.fetchval(f"SELECT count(*) FROM {table}") for table in DISTRIBUTED}  # noqa: S608
    faces = await database.fetch(_COPY)
    assert counts["faces"] == 2 * len(DIRECTORIES)

    report = await distribute(migrated_url, SHARDS)

    assert "faces is one table instead of partitions, with 24 rows." in report
    assert {
        table: await database.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
        for table in DISTRIBUTED
    } == counts
    assert await database.fetch(_COPY) == faces
    assert await database.fetch(_LEFT, DISTRIBUTED) == []
    assert sorted(name for (name,) in await database.fetch(_NAMES)) == names


async def test_settings_hold_on_new_connections_and_on_the_shards(migrated_url):
    await distribute(migrated_url, SHARDS)
    async with connected(migrated_url) as connection:
        assert await connection.fetchval("SHOW citus.propagate_set_commands") == "local"
        answers = await connection.fetch("SELECT success, result FROM run_command_on_workers('SHOW jit')")
    assert {(row["success"], row["result"]) for row in answers} == {(True, "off")}


async def test_a_table_that_a_migration_made_is_distributed_by_the_next_run_and_its_rows_are_separate(
    database, migrated_url
):
    await distribute(migrated_url, SHARDS)
    await fill(database)
    for statement in (
        "CREATE TABLE new (LIKE comparisons INCLUDING ALL)",
        "DROP TABLE comparisons",
        "ALTER TABLE new RENAME TO comparisons",
        "ALTER TABLE comparisons ADD FOREIGN KEY (directory) REFERENCES directories ON DELETE CASCADE",
    ):
        await database.execute(statement)

    assert await migrate(migrated_url) == ""
    async with open_database(migrated_url, pool_size=1, timeout_seconds=60) as connections:
        with pytest.raises(DatabaseUnavailable, match="run python -m db distribute"):
            await connections.check_schema()
    report = await distribute(migrated_url)

    assert "Distributed: comparisons." in report
    for directory in DIRECTORIES[:2]:
        await database.execute(
            "INSERT INTO comparisons (directory, job, model, position) VALUES ($1, $2, 'm', $2)",
            directory,
            "00000000-0000-0000-0000-000000000000",
        )
    async with open_database(migrated_url, pool_size=1, timeout_seconds=60) as connections:
        await connections.check_schema()
        with bound_to(DIRECTORIES[0]):
            async with connections.connection() as connection:
                seen = await connection.fetch("SELECT directory FROM comparisons")
    assert [row["directory"] for row in seen] == DIRECTORIES[:1]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE persons ADD COLUMN nickname text",
        "ALTER TABLE persons ADD COLUMN rank integer NOT NULL DEFAULT 0",
        "ALTER TABLE persons ADD CONSTRAINT short CHECK (length(person) < 1000)",
        "ALTER TABLE persons ALTER COLUMN display_name SET DEFAULT 'x'",
        "ALTER TABLE persons DROP COLUMN display_name CASCADE",
        "CREATE INDEX persons_by_revision ON persons (directory, revision)",
        "DROP INDEX persons_by_created_at",
        "UPDATE persons SET revision = revision + 1",
        'CREATE TABLE nicknames (directory text COLLATE "C" PRIMARY KEY REFERENCES directories, name text)',
    ],
)
async def test_a_migration_may_have_these_forms(shared_database_url: str, statement: str):
    if not COORDINATOR:
        pytest.skip(NEEDED)
    async with connected(shared_database_url) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(statement)
        await transaction.rollback()


async def test_the_command_says_what_it_did_and_migrating_afterwards_changes_nothing(migrated_url):
    async def run(*words: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "db",
            *words,
            env={"DATABASE_URL": migrated_url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    status, out, _ = await run("distribute", "--shards", "4")
    assert (status, out.splitlines()[-1]) == (0, f"{len(DISTRIBUTED)} tables are distributed in 4 shards on 2 servers.")
    assert await run("migrate") == (0, "The schema is up to date.\n", "")
    assert await run("distribute", "--shards", "8") == (
        1,
        "",
        "The tables are distributed in 4 shards already; leave --shards out.\n",
    )


@pytest.fixture
def bare_url(citus: Citus) -> Iterator[str]:
    with citus.undistributed(extension=False) as url:
        yield url


async def test_what_cannot_be_distributed_is_said_in_one_sentence(citus, empty_url, bare_url):
    async def refusal(url: str) -> str:
        with pytest.raises((UnusableDatabase, MigrationFailed)) as caught:
            await distribute(url)
        return str(caught.value)

    name = empty_url.rpartition("/")[2]
    host, port = citus.addresses[1]
    assert await refusal(empty_url) == "The schema is older than this version; run python -m db migrate first."
    assert "is a worker server of Citus" in await refusal(url_of(empty_url, host, port, name))
    assert "run CREATE EXTENSION citus in it" in await refusal(bare_url)
    async with connected(empty_url) as connection:
        for at in citus.addresses[1:]:
            await connection.execute("SELECT citus_remove_node($1, $2)", *at)
    assert "SELECT citus_add_node" in await refusal(empty_url)


async def test_a_server_gets_the_role_that_another_database_made_on_the_coordinator(citus, empty_url):
    async with connected(url_of(empty_url, *citus.addresses[1])) as server:
        await server.execute("SET citus.enable_ddl_propagation = off")
        await server.execute(f"ALTER ROLE {ROLE} RENAME TO {ROLE}_away")
        try:
            await migrate(empty_url, create=False)
            assert await server.fetchval("SELECT to_regrole($1) IS NOT NULL", ROLE)
        finally:
            if await server.fetchval("SELECT to_regrole($1) IS NOT NULL", ROLE):
                await server.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")
            await server.execute(f"ALTER ROLE {ROLE}_away RENAME TO {ROLE}")


async def test_a_database_that_is_in_use_is_not_distributed(migrated_url):
    async with open_database(migrated_url, pool_size=1, timeout_seconds=60, name="worker") as connections:
        async with connections.unbound() as connection:
            await connection.fetchval("SELECT 1")
        with pytest.raises(UnusableDatabase, match="1 connections"):
            await distribute(migrated_url)
    await distribute(migrated_url, SHARDS)


async def test_a_trigger_that_nothing_replaces_is_not_dropped(database, migrated_url):
    await database.execute(
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER theirs AFTER INSERT ON persons FOR EACH ROW EXECUTE FUNCTION nothing()"
    )
    with pytest.raises(UnusableDatabase, match="nothing replaces theirs"):
        await distribute(migrated_url, SHARDS)
    assert await database.fetch(_KINDS) == []


async def test_one_server_is_not_distributed(postgres):
    with pytest.raises(UnusableDatabase, match="has no Citus, and a database on one server needs no distribution"):
        await distribute(postgres.get_uri())


@pytest.fixture
def one_server_url(postgres: PostgresServer, execute: Execute) -> Iterator[str]:
    """A migrated database of a server without Citus."""
    name = f"back_{uuid.uuid4().hex}"
    execute(f"CREATE DATABASE {name} {CLONED}")
    yield postgres.get_uri(database=name)
    execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_a_dump_of_the_coordinator_is_the_way_back_to_one_server(
    database, migrated_url, postgres, one_server_url
):
    await distribute(migrated_url, SHARDS)
    await fill(database)
    await database.execute(
        "INSERT INTO audit (directory, subject, action) VALUES ('directory 1', 'open', 'POST /learn')"
    )
    await database.execute("INSERT INTO audit_keys (directory) VALUES ('directory 1')")
    await database.execute("UPDATE audit SET position = 1, hash = sha256('entry')")
    counts = {table: await database.fetchval(f"SELECT count(*) FROM {table}") for table in (*DISTRIBUTED, *LOCAL)}  # noqa: S608
    faces = await database.fetch(_COPY)

    dumped = ["pg_dump", "--data-only", "--schema=public", "--exclude-table=schema_migrations", migrated_url]
    dump = await asyncio.create_subprocess_exec(postgres.bin_path / dumped[0], *dumped[1:], stdout=subprocess.PIPE)
    rows, _ = await dump.communicate()
    assert dump.returncode == 0
    async with connected(one_server_url) as connection:
        await connection.execute("TRUNCATE installation_secrets")  # the migrations draw one
    restored = ["psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", one_server_url]
    restore = await asyncio.create_subprocess_exec(
        postgres.bin_path / restored[0],
        *restored[1:],
        stdin=subprocess.PIPE,
        env={"PGOPTIONS": "-c session_replication_role=replica"},
    )
    await restore.communicate(rows)
    assert restore.returncode == 0

    async with connected(one_server_url) as connection:
        assert {
            table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
            for table in (*DISTRIBUTED, *LOCAL)
        } | {"face_changes": 0} == counts
        assert await connection.fetch(_COPY) == faces
        assert await connection.fetchval("SELECT hash FROM audit") == await database.fetchval("SELECT hash FROM audit")
