"""The migrations against a real PostgreSQL."""

import asyncio
import difflib
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest

from apiserver.database import REQUIRED_SCHEMA
from db.migrate import MIGRATIONS, MigrationFailed, migrate
from tests.waiting import until

SCHEMA = MIGRATIONS.with_name("schema.sql")


async def applied(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT version FROM schema_migrations ORDER BY version")
        return [row["version"] for row in rows]
    finally:
        await connection.close()


def all_versions() -> list[str]:
    return sorted(file.name.split("_")[0] for file in MIGRATIONS.glob("*.sql"))


def without_versions(schema: str) -> list[str]:
    return [line for line in schema.splitlines() if not line.startswith("-- Dumped")]


async def test_migrate_applies_everything_once(empty_database_url):
    first = await migrate(empty_database_url)
    second = await migrate(empty_database_url)

    assert await applied(empty_database_url) == all_versions()
    assert len(re.findall("Applied:", first)) == len(all_versions())
    assert second == ""


@pytest.mark.timing
async def test_many_at_once_migrate_once(empty_database_url):
    reports = await asyncio.gather(*(migrate(empty_database_url) for _ in range(6)))

    assert await applied(empty_database_url) == all_versions()
    assert sum(report.count("Applied:") for report in reports) == len(all_versions())


@pytest.mark.timing
async def test_a_cancelled_migration_leaves_no_process():
    def silent(_, writer):
        writers.append(writer)

    writers: list[asyncio.StreamWriter] = []
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        migration = asyncio.create_task(migrate(f"postgresql://127.0.0.1:{port}/faceserver"))
        await until(lambda: writers)
        migration.cancel()
        with pytest.raises(asyncio.CancelledError):
            await migration
        assert "dbmate" not in [process.name() for process in psutil.Process().children()]
        for writer in writers:
            writer.close()


async def test_an_unreachable_database_is_named_without_its_password():
    with pytest.raises(MigrationFailed, match="connection refused") as caught:
        await migrate("postgresql://ann:open-sesame@127.0.0.1:1/faceserver")
    assert "open-sesame" not in str(caught.value)


def test_schema_file_equals_the_migrations(postgres, database_url, tmp_path):
    dump = tmp_path / "schema.sql"
    subprocess.run(
        [Path(sysconfig.get_path("scripts"), "dbmate"), "--schema-file", dump, "--migrations-dir", MIGRATIONS, "dump"],
        env={"DATABASE_URL": database_url, "PATH": str(postgres.bin_path)},
        check=True,
        capture_output=True,
    )

    difference = difflib.unified_diff(
        without_versions(SCHEMA.read_text()), without_versions(dump.read_text()), "db/schema.sql", "the migrations"
    )
    assert "\n".join(difference) == "", f"{SCHEMA} is out of date: replace it by {dump}"


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
                AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
                """
            )
            return {(row["relation"], row["attname"]) for row in rows}
        finally:
            await connection.close()

    people = {"directories", "persons", "images", "matched_images", "faces", "deletions", "search_indexes"}
    merges = {"merges", "merged_persons", "merged_faces", "collapsed_faces"}
    bulk = {"archives", "imports", "import_items"}
    assert asyncio.run(leading_columns()) == {(table, "directory") for table in people | merges | bulk}


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


def test_command_says_in_one_sentence_why_it_failed():
    result = run_command("migrate", url="postgresql://127.0.0.1:1/faceserver")

    assert result.returncode == 1
    assert "The database was not migrated." in result.stderr
    assert "Traceback" not in result.stderr


async def test_partitioning_keeps_every_face(empty_database_url):
    first = next(file for file in sorted(MIGRATIONS.glob("*.sql")))
    up = first.read_text().split("-- migrate:up")[1].split("-- migrate:down")[0]
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute(up)
        await connection.execute("CREATE TABLE schema_migrations (version varchar PRIMARY KEY)")
        await connection.execute("INSERT INTO schema_migrations VALUES ($1)", first.name.split("_")[0])
        await connection.execute(
            """
            INSERT INTO directories VALUES ('acme'), ('other');
            INSERT INTO persons VALUES ('acme', 'ann'), ('other', 'bob');
            INSERT INTO images (directory, image, media_type, size_bytes, sha256)
            SELECT directory, 'i', 'image/png', 1, sha256('i') FROM directories;
            INSERT INTO faces (directory, person, model, embedding, crop, box, score, image, image_sha256)
            SELECT directory, person, 'model', '[1,-1,0.5]', 'crop', '{1,2,3,4}', 0.9, 'i', sha256('i') FROM persons;
            """
        )
        before = await connection.fetch("SELECT face, created_at FROM faces ORDER BY directory")
        await migrate(empty_database_url)
        after = await connection.fetch("SELECT face, created_at FROM faces ORDER BY directory")
        codes = await connection.fetch("SELECT code::text, embedding::text, crop FROM faces")
    finally:
        await connection.close()

    assert after == before
    assert [tuple(row) for row in codes] == [("101", "[1,-1,0.5]", b"crop")] * 2
