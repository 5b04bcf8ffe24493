"""The migrations, run on a real PostgreSQL."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest

from apiserver.access.binding import bound_to
from apiserver.database.opening import open_database
from apiserver.database.schema import REQUIRED_SCHEMA
from db.migrate import MIGRATIONS, MigrationFailed, UnknownSchema, migrate
from db.row_security import ROLE
from faceserver.standalone.postgres import DATABASE
from tests.database import PostgresServer
from tests.integration.db.schema import SCHEMA, dumped, dumped_queue, schema_text
from tests.servers.listening import listening
from tests.waiting import until

BEFORE_THE_FIRST = ["20261122000000", "20261122040710"]
"""Migrations of databases made before the first release."""

EARLIER = (
    "The {place} was made by an earlier version of faceserver and cannot be upgraded: "
    "export the directories with that version, then import them into an empty {place}."
)
NEWER = "The {place} was made by a newer version of faceserver: run that version, or start with an empty {place}."


async def applied(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT version FROM schema_migrations ORDER BY version")
        return [row["version"] for row in rows]
    finally:
        await connection.close()


def all_versions() -> list[str]:
    return sorted(file.name.split("_")[0] for file in MIGRATIONS.glob("*.sql"))


async def test_migrate_applies_everything_once(empty_database_url):
    first = await migrate(empty_database_url)
    second = await migrate(empty_database_url)

    assert await applied(empty_database_url) == all_versions()
    assert len(re.findall("Applied:", first)) == len(all_versions())
    assert second == ""


@pytest.mark.timing
async def test_concurrent_migrations_are_applied_once(empty_database_url):
    reports = await asyncio.gather(*(migrate(empty_database_url) for _ in range(6)))

    assert await applied(empty_database_url) == all_versions()
    assert sum(report.count("Applied:") for report in reports) == len(all_versions())


_HOLD = """
CREATE FUNCTION hold() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass('schema_migrations') IS NOT NULL THEN
        IF (SELECT count(*) FROM schema_migrations) = 5 THEN PERFORM pg_advisory_xact_lock(4711); END IF;
    END IF;
END $$;
CREATE EVENT TRIGGER hold ON ddl_command_end EXECUTE FUNCTION hold();
SELECT pg_advisory_lock(4711);
"""

_HELD = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted)"


@pytest.mark.timing
async def test_a_migration_that_is_killed_leaves_whole_files_and_the_next_goes_on(empty_database_url):
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute(_HOLD)
        migration = asyncio.create_task(migrate(empty_database_url))
        await until(lambda: connection.fetchval(_HELD))
        [dbmate] = [process for process in psutil.Process().children() if process.name() == "dbmate"]
        dbmate.kill()
        with pytest.raises(MigrationFailed):
            await migration
        await connection.execute("SELECT pg_advisory_unlock(4711)")
        assert await applied(empty_database_url) == all_versions()[:5]
        await connection.execute("DROP EVENT TRIGGER hold")
        await connection.execute("DROP FUNCTION hold")
        await migrate(empty_database_url)
        assert await applied(empty_database_url) == all_versions()
    finally:
        await connection.close()


@pytest.mark.timing
async def test_a_cancelled_migration_leaves_no_process():
    def children() -> list[str]:
        return [process.name() for process in psutil.Process().children()]

    async def silent(reader, _):
        if "dbmate" in children():  # whichever reads the versions first is cut off
            waiting.append(1)
            await reader.read()

    waiting: list[int] = []
    async with listening(silent) as port:
        migration = asyncio.create_task(migrate(f"postgresql://127.0.0.1:{port}/faceserver"))
        await until(lambda: waiting)
        migration.cancel()
        with pytest.raises(asyncio.CancelledError):
            await migration
        assert "dbmate" not in children()


async def test_an_unreachable_database_is_named_without_its_password():
    with pytest.raises(MigrationFailed, match="connection refused") as caught:
        await migrate("postgresql://ann:open-sesame@127.0.0.1:1/faceserver")
    assert "open-sesame" not in str(caught.value)


def test_schema_file_equals_the_migrations_and_the_queue_the_librarys(postgres, database_url, empty_database_url):
    """To accept a change: python -m tests.integration.db.schema."""
    made = dumped(postgres.bin_path, database_url)
    queue = dumped_queue(postgres.bin_path, empty_database_url)

    assert len(queue) > 50
    assert [entry for entry in queue if entry not in made] == []
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(made, queue)


async def test_faces_have_partitions_that_are_vacuumed_early(database_url):
    connection = await asyncpg.connect(database_url)
    try:
        partitions = await connection.fetch(
            """
            SELECT pg_get_expr(relpartbound, oid) AS bound, reloptions AS options
            FROM pg_class JOIN pg_inherits ON inhrelid = oid AND inhparent = 'faces'::regclass
            """
        )
    finally:
        await connection.close()

    bounds = {f"FOR VALUES WITH (modulus 64, remainder {remainder})" for remainder in range(64)}
    assert {row["bound"] for row in partitions} == bounds
    assert [row for row in partitions if row["options"] != ["autovacuum_vacuum_insert_scale_factor=0.02"]] == []


def test_every_table_of_people_is_keyed_by_directory_first(database_url):
    async def leading_columns() -> set[tuple[str, str]]:
        connection = await asyncpg.connect(database_url)
        try:
            rows = await connection.fetch(
                r"""
                SELECT indrelid::regclass::text AS relation, attname
                FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
                WHERE indisunique
                AND indrelid::regclass::text !~ '^(schema_migrations|jobs|procrastinate_.*|keyed_requests|faces_\d+)$'
                AND indrelid::regclass::text !~ '^(audit|keys|key_usage|sessions|installation_secrets|signing_keys)$'
                AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
                """
            )
            return {(row["relation"], row["attname"]) for row in rows}
        finally:
            await connection.close()

    people = {"directories", "persons", "images", "matched_images", "faces", "deletions", "search_indexes"}
    merges = {"merges", "merged_persons", "merged_faces", "collapsed_faces"}
    others = {"archives", "imports", "import_items", "directory_keys", "audit_keys", "audit_chains", "directory_tags"}
    doubts, changes = {"face_warnings", "lookalikes", "comparisons", "indexed_faces"}, {"face_changes", "face_logs"}
    tables = people | merges | doubts | changes | others
    assert asyncio.run(leading_columns()) == {(table, "directory") for table in tables}


def test_the_gateway_asks_for_a_migration_that_exists():
    assert REQUIRED_SCHEMA in all_versions()


def run_command(*arguments: str, url: str | None) -> subprocess.CompletedProcess[str]:
    environment = {} if url is None else {"DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, "-m", "db", *arguments],
        env=environment,
        cwd=MIGRATIONS.parents[1],
        check=False,
        capture_output=True,
        text=True,
    )


def test_command_migrates_and_then_has_nothing_to_do(empty_database_url):
    first, second = (run_command("migrate", url=empty_database_url) for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0)
    assert "Applied:" in first.stdout
    assert second.stdout == "The schema is up to date.\n"


def test_command_without_a_database_says_what_to_set():
    result = run_command("migrate", url=None)

    assert result.returncode == 2
    assert "set DATABASE_URL" in result.stderr
    assert "Traceback" not in result.stderr


def test_command_reports_a_failure_in_one_sentence():
    result = run_command("migrate", url="postgresql://127.0.0.1:1/faceserver")

    assert result.returncode == 1
    assert result.stderr.startswith("PostgreSQL does not answer at 127.0.0.1:1 (connection refused); ")
    assert len(result.stderr.splitlines()) == 1


async def made_by(url: str, *versions: str) -> None:
    """Record in a database that exactly `versions` were applied."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS schema_migrations (version varchar PRIMARY KEY)")
        await connection.execute("DELETE FROM schema_migrations")
        await connection.executemany("INSERT INTO schema_migrations VALUES ($1)", [(version,) for version in versions])
    finally:
        await connection.close()


async def tables(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        return count
    finally:
        await connection.close()


async def test_a_database_of_an_earlier_version_is_refused_unchanged(empty_database_url):
    await made_by(empty_database_url, *BEFORE_THE_FIRST)

    with pytest.raises(UnknownSchema) as caught:
        await migrate(empty_database_url)

    assert str(caught.value) == EARLIER.format(place="database")
    assert await applied(empty_database_url) == BEFORE_THE_FIRST
    assert await tables(empty_database_url) == 1


async def test_a_database_of_a_newer_version_is_refused_unchanged(database_url):
    versions = [*all_versions(), "29991231000000"]
    await made_by(database_url, *versions)
    before = await tables(database_url)

    with pytest.raises(UnknownSchema) as caught:
        await migrate(database_url, place="data folder")

    assert str(caught.value) == NEWER.format(place="data folder")
    assert await applied(database_url) == versions
    assert await tables(database_url) == before


COUNTED = next(MIGRATIONS.glob("*_counted_faces_and_spellings.sql")).read_text()
UNDO_LAST = f"""
DROP TABLE directory_tags;
DROP FUNCTION audit_end_keys(text);
{COUNTED[COUNTED.index("CREATE FUNCTION count_faces") : COUNTED.index("-- A name with the letters")]}
DROP INDEX keys_by_hash, keys_by_previous_hash, persons_by_folded_name;
DROP TABLE indexed_faces;
ALTER TABLE directories DROP COLUMN tags;
"""
"""Undoes the last five migrations."""

FILL = """
INSERT INTO directories (directory) VALUES ('acme');
INSERT INTO persons (directory, person, display_name) VALUES ('acme', 'ann', 'Ann Müller'), ('acme', 'bob', NULL);
INSERT INTO faces (directory, person, model, embedding, crop, box, score, image_sha256)
SELECT 'acme', 'ann', 'model', '[1,0]', '', '{0,0,1,1}', 1, sha256(int4send(n)) FROM generate_series(1, 3) AS n;
"""
FILLED = "SELECT person, search_text LIKE '%mueller%' FROM persons ORDER BY person"


async def test_an_earlier_release_of_this_schema_is_upgraded(empty_database_url):
    await migrate(empty_database_url)
    last = all_versions()[-5:]
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute(UNDO_LAST)
        await connection.execute(FILL)
        await connection.execute("DELETE FROM schema_migrations WHERE version = ANY ($1)", last)
        assert (await migrate(empty_database_url)).count("Applied:") == 5
        assert list(map(tuple, await connection.fetch(FILLED))) == [("ann", True), ("bob", False)]
        assert await connection.fetchval("SELECT face_count FROM persons WHERE person = 'ann'") == 3
    finally:
        await connection.close()
    assert await applied(empty_database_url) == all_versions()


async def test_a_restored_dump_has_the_same_persons(postgres, database_url, empty_database_url):
    """Generated columns are computed again, by functions that find each other without a search path."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(FILL)
    await connection.close()
    dump = [postgres.bin_path / "pg_dump", "--no-owner", database_url]
    restore = [postgres.bin_path / "psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", empty_database_url]
    dumped = await asyncio.to_thread(subprocess.check_output, dump)
    await asyncio.to_thread(subprocess.run, restore, check=True, input=dumped, stdout=subprocess.DEVNULL)
    restored = await asyncpg.connect(empty_database_url)
    assert list(map(tuple, await restored.fetch(FILLED))) == [("ann", True), ("bob", False)]
    await restored.close()


@asynccontextmanager
async def restored(server: PostgresServer, *options: str, account: str = "postgres") -> AsyncIterator[str]:
    """A dump of a database with a person, restored on a server without the role of bound connections."""
    connection = await asyncpg.connect(server.get_uri(database=DATABASE))
    await connection.execute(FILL)
    await connection.close()
    dump = [str(server.bin_path / "pg_dump"), "--no-owner", *options, server.get_uri(database=DATABASE)]
    dumped = await asyncio.to_thread(subprocess.check_output, dump)
    connection = await asyncpg.connect(server.get_uri())
    await connection.execute(f"DROP DATABASE {DATABASE}")
    await connection.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")
    await connection.execute(f"CREATE DATABASE restored OWNER {account}")
    await connection.close()
    url = server.get_uri(database="restored")
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE EXTENSION vector")
    await connection.close()
    url = url.replace("//postgres", f"//{account}")
    restore = [str(server.bin_path / "psql"), "--quiet", "--no-psqlrc", url]
    await asyncio.to_thread(subprocess.run, restore, input=dumped, check=True, capture_output=True)
    yield url


async def seen(url: str) -> dict[str | None, list[str]]:
    """Return which directories connections see that are bound to one, to another and to none."""
    found = {}
    async with open_database(url, pool_size=1, timeout_seconds=60) as database:
        for directory in ("acme", "other", None):
            with bound_to(directory):
                async with database.connection() as connection:
                    found[directory] = [row["directory"] for row in await connection.fetch(PERSONS)]
    return found


PERSONS = "SELECT DISTINCT directory FROM persons"


async def test_a_dump_that_is_restored_where_the_role_is_missing_is_protected_again(own_postgres):
    async with restored(own_postgres) as url:
        result = await asyncio.to_thread(lambda: run_command("migrate", url=url))
        assert (result.returncode, result.stderr) == (0, "")
        assert await seen(url) == {"acme": ["acme"], "other": [], None: []}


@pytest.mark.parametrize("versions", [1, 0])
async def test_so_is_one_without_rights_and_one_that_is_not_migrated_to_the_end(own_postgres, versions):
    async with restored(own_postgres, "--no-privileges") as url:
        connection = await asyncpg.connect(url)
        await connection.execute(f"CREATE ROLE {ROLE}")
        await connection.execute(
            """
            DO $$
            DECLARE protected regclass;
            BEGIN
                FOR protected IN SELECT polrelid FROM pg_policy LOOP
                    EXECUTE format('CREATE POLICY of_directory ON %s AS RESTRICTIVE TO %s USING (true)', protected, $1);
                END LOOP;
            END $$;
            """.replace("$1", f"'{ROLE}'")
        )
        if versions:
            await connection.execute("DROP TABLE indexed_faces; ALTER TABLE directories DROP COLUMN tags")
            await connection.execute("DELETE FROM schema_migrations WHERE version LIKE '%2500'")
        await connection.close()
        report = await migrate(url)
        assert report.count("Applied:") == versions
        assert await seen(url) == {"acme": ["acme"], "other": [], None: []}


async def test_where_the_role_cannot_be_made_nothing_is_dropped(own_postgres):
    connection = await asyncpg.connect(own_postgres.get_uri())
    await connection.execute("CREATE ROLE owner LOGIN")
    async with restored(own_postgres, account="owner") as url:
        assert await migrate(url) == ""
        assert (await seen(url))[None] == ["acme"], "as without the role"
        await connection.execute(f"CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO owner WITH SET TRUE, INHERIT FALSE")
        assert await migrate(url) == ""
        assert await seen(url) == {"acme": ["acme"], "other": [], None: []}
    await connection.close()


async def test_what_prevents_the_protection_is_said_in_one_sentence(database_url):
    connection = await asyncpg.connect(database_url)
    await connection.execute("DROP FUNCTION protect_directories")
    await connection.close()
    result = await asyncio.to_thread(lambda: run_command("migrate", url=database_url))
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "function protect_directories() does not exist" in result.stderr


@pytest.mark.parametrize(("version", "sentence"), [(BEFORE_THE_FIRST[-1], EARLIER), ("29991231000000", NEWER)])
def test_command_names_the_version_that_made_the_database(empty_database_url, version, sentence):
    asyncio.run(made_by(empty_database_url, version))

    result = run_command("migrate", url=empty_database_url)

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == sentence.format(place="database") + "\n"
