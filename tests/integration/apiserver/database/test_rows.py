"""Row-level security: what a connection that is bound to one directory sees and changes."""

# The statements are of this module, and some fixtures only fill the tables.
# ruff: noqa: S608, ARG001

import asyncio
import random
import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from apiserver.access.binding import EVERY, Binding, bound_to
from apiserver.database.opening import open_database
from apiserver.database.pool import Database
from apiserver.database.session import ROLE, Session
from apiserver.jobs.records import enqueue
from apiserver.problems import DatabaseUnavailable, Problem
from db.row_security import protect_distributed
from tests.citus import COORDINATOR, allow_changes_everywhere

_TABLES = """
SELECT relname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE attname = 'directory' AND NOT attisdropped AND relnamespace = 'public'::regnamespace
AND relkind IN ('r', 'p') AND NOT relispartition
"""
_UNPROTECTED = """
SELECT relname FROM pg_class WHERE relname = ANY ($1::text[]) AND relnamespace = 'public'::regnamespace
AND NOT (relrowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = 'of_directory'))
"""
_SEEN = "SELECT coalesce(string_agg(directory, ',' ORDER BY directory), '') FROM directories"


def _filled(directory: str) -> str:
    """Return statements that write one row of the directory into every table."""
    return f"""
INSERT INTO directories (directory) VALUES ('{directory}');
INSERT INTO persons (directory, person) VALUES ('{directory}', 'ann');
INSERT INTO images (directory, image, media_type, size_bytes, sha256)
    VALUES ('{directory}', '{directory}/i', 'image/jpeg', 1, decode(repeat('00', 32), 'hex'));
INSERT INTO matched_images (directory, person, image) VALUES ('{directory}', 'ann', '{directory}/i');
INSERT INTO faces (directory, face, person, model, embedding, crop, box, score, image_sha256)
    VALUES ('{directory}', md5('{directory}')::uuid, 'ann', 'm', '[1,0]', '', '{{0,0,1,1}}', 1,
    decode(repeat('00', 32), 'hex'));
INSERT INTO persons (directory, person) VALUES ('{directory}', 'cid');
INSERT INTO face_warnings (directory, face, code, person, value, threshold)
    VALUES ('{directory}', md5('{directory}')::uuid, 'unlike-own', 'ann', 0.1, 0.2);
INSERT INTO indexed_faces (directory, face) VALUES ('{directory}', md5('{directory}')::uuid);
INSERT INTO lookalikes (directory, person, other) VALUES ('{directory}', 'ann', 'cid');
INSERT INTO comparisons (directory, job, model, position)
    VALUES ('{directory}', gen_random_uuid(), 'm', gen_random_uuid());
INSERT INTO merges (directory, merge, person) VALUES ('{directory}', md5('{directory}')::uuid, 'ann');
INSERT INTO merged_persons (directory, merge, person, metadata, created_at, merges)
    VALUES ('{directory}', md5('{directory}')::uuid, 'bob', '{{}}', now(), '{{}}');
INSERT INTO merged_faces (directory, face, merge, person)
    VALUES ('{directory}', md5('{directory}')::uuid, md5('{directory}')::uuid, 'bob');
INSERT INTO collapsed_faces (directory, face, merge, person, kept_face, model, embedding, crop, box, score,
    image_sha256, created_at) VALUES ('{directory}', gen_random_uuid(), md5('{directory}')::uuid, 'bob',
    md5('{directory}')::uuid, 'm', '[1,0]', '', '{{0,0,1,1}}', 1, '', now());
INSERT INTO deletions (directory, persons, faces, images) VALUES ('{directory}', 1, 1, 1);
INSERT INTO search_indexes (directory, model, dimension) VALUES ('{directory}', 'm', 2);
INSERT INTO face_logs (directory) VALUES ('{directory}');
INSERT INTO directory_tags (directory, tag) VALUES ('{directory}', 1);
INSERT INTO face_changes (directory, model, faces_from) VALUES ('{directory}', 'm', gen_random_uuid());
INSERT INTO archives (directory, job, archive, purpose, expires_at)
    VALUES ('{directory}', gen_random_uuid(), 'a', 'export', now());
INSERT INTO imports (directory, job, planned) VALUES ('{directory}', gen_random_uuid(), true);
INSERT INTO import_items (directory, job, n, person, name, source)
    VALUES ('{directory}', gen_random_uuid(), 1, 'ann', 'x', '{{}}');
INSERT INTO keyed_requests (key, fingerprint, run, lost_at, expires_at, directory)
    VALUES ('{directory}', decode(repeat('00', 32), 'hex'), gen_random_uuid(), now(), now(), '{directory}');
INSERT INTO directory_keys (directory, key_id, wrapped, master_id)
    VALUES ('{directory}', gen_random_uuid(), '', 'm');
INSERT INTO audit (directory, subject, action) VALUES ('{directory}', 'open', 'POST /learn');
INSERT INTO audit_keys (directory) VALUES ('{directory}');
INSERT INTO audit_chains (directory, position, head) VALUES ('{directory}', 1, decode(repeat('00', 32), 'hex'));
WITH queued AS (INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('q', 'q', '{{}}') RETURNING id)
    INSERT INTO jobs (number, directory) SELECT id, '{directory}' FROM queued;
"""


def _changeable(tables: list[str]) -> list[str]:
    """Return the tables whose rows bound connections may change; `audit/test_rights.py` is about the others."""
    return [table for table in tables if not table.startswith("audit")]


@pytest.fixture
async def connections(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, pool_size=3, timeout_seconds=60) as database:
        yield database


@pytest.fixture
async def tables(database: asyncpg.Connection) -> list[str]:
    """All tables with a directory; each has a row of `acme` and one of `other`."""
    await database.execute(_filled("acme") + _filled("other"))
    return [row["relname"] for row in await database.fetch(_TABLES)]


async def test_every_table_with_a_directory_is_protected_and_filled(database, tables):
    assert await database.fetch(_UNPROTECTED, tables) == []
    empty = [table for table in tables if not await database.fetchval(f"SELECT count(*) FROM {table}")]
    assert empty == [], "add a row to this test"


async def test_a_forgotten_where_sees_and_changes_the_rows_of_one_directory(connections, database, tables):
    other = {table: await _rows(database, table) for table in tables}
    for table in tables:
        with bound_to("acme"):
            async with connections.connection() as connection, connection.transaction():
                seen = await connection.fetch(f"SELECT directory FROM {table}")
                assert {row["directory"] for row in seen} == {"acme"}, table
                if table not in _changeable(tables):
                    continue
                await connection.execute(f"UPDATE {table} SET directory = directory")
                assert await connection.execute(f"DELETE FROM {table} WHERE directory = 'other'") == "DELETE 0"
    for table in reversed(_changeable(tables)):
        with bound_to("acme"), _refused_or_done():
            async with connections.connection() as connection:
                await connection.execute(f"DELETE FROM {table}")
    assert {table: await _rows(database, table) for table in tables} == other


async def test_rows_of_another_directory_can_neither_be_made_nor_moved_there(connections, database, tables):
    for table in _changeable(tables):
        for statement in (
            f'INSERT INTO {table} SELECT (json_populate_record(t, \'{{"directory": "other"}}\')).* FROM {table} t',
            f"UPDATE {table} SET directory = 'other'",
        ):
            if table in {"faces", "persons"} and statement.startswith("INSERT"):
                continue  # they have generated columns; the update checks the same
            with bound_to("acme"):
                with pytest.raises(Problem) as caught:
                    async with connections.connection() as connection:
                        await connection.execute(statement)
                cause = caught.value.__cause__
                if COORDINATOR and "partition value" in str(cause):
                    continue  # Citus itself moves no row from one directory to another
                assert isinstance(cause, asyncpg.InsufficientPrivilegeError), (table, cause)
                assert "row-level security" in str(cause), table


async def test_without_a_directory_there_are_no_rows_and_partitions_are_no_way_round(connections, tables):
    for table in tables:
        with bound_to(None):
            async with connections.connection() as connection:
                assert await connection.fetch(f"SELECT FROM {table}") == []
    with bound_to("acme"), pytest.raises(Problem) as caught:
        async with connections.connection() as connection:
            await connection.fetch("SELECT FROM faces_0")
    refusal = asyncpg.UndefinedTableError if COORDINATOR else asyncpg.InsufficientPrivilegeError
    assert isinstance(caught.value.__cause__, refusal)


async def test_a_bound_connection_requests_jobs(connections, tables):
    with bound_to("acme"):
        async with connections.connection() as connection:
            job = await enqueue(connection, "sweep", directory="acme", deduplication_key="once")
            assert await enqueue(connection, "sweep", directory="acme", deduplication_key="once") == job


async def test_unbound_connections_see_all_and_leave_the_next_one_bound(connections, tables):
    with bound_to("acme"):
        for _ in range(2):
            async with connections.connection() as connection:
                assert await connection.fetchval(_SEEN) == "acme"
            async with connections.unbound() as connection:
                assert await connection.fetchval(_SEEN) == "acme,other"
    async with connections.connection() as connection:
        assert await connection.fetchval(_SEEN) == "acme,other"


async def test_a_reset_of_the_session_does_not_unbind_the_next(connections, tables):
    with bound_to("acme"):
        for _ in range(2):
            async with connections.connection() as connection:
                assert await connection.fetchval(_SEEN) == "acme"
                await connection.reset()


@pytest.mark.timing
async def test_nothing_leaks_under_cancellations_errors_and_killed_backends(connections, database, tables):
    """Hundreds of tasks that end in every way, on three connections."""
    chance = random.Random(0)
    expected: dict[Binding, str] = {"acme": "acme", "other": "other", None: "", EVERY: "acme,other"}
    outcomes: list[bool] = []

    async def one(binding: Binding, end: str) -> None:
        with bound_to(binding):
            async with connections.connection() as connection, connection.transaction():
                outcomes.append(await connection.fetchval(_SEEN) == expected[binding])
                if end == "error":
                    await connection.execute("SELECT 1 / 0")
                if end == "slow":
                    await connection.execute("SELECT pg_sleep(0.05)")
                if end == "timeout":
                    await connection.execute("SELECT pg_sleep(1)", timeout=0.001)
                if end == "killed":
                    await database.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())

    ends = ["", "", "", "", "error", "slow", "timeout", "slow"]
    tasks = []
    for n in range(400):
        end = "killed" if n % 80 == 79 else chance.choice(ends)
        tasks.append(asyncio.create_task(one(chance.choice(list(expected)), end)))
        await asyncio.sleep(0.001 * chance.random())
        if chance.random() < 0.3:
            chance.choice(tasks).cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    unexpected = [one for one in ended if one is not None and not isinstance(one, Problem | asyncio.CancelledError)]
    assert unexpected == []
    assert any(isinstance(one, DatabaseUnavailable) for one in ended)
    assert any(isinstance(one, asyncio.CancelledError) for one in ended)
    assert len(outcomes) > 100
    assert all(outcomes)


async def test_shards_are_bound_to_any_name_whatever_the_server_takes_a_backslash_for(database_url):
    name = "a\\'; RESET ROLE; --"
    lax = {"standard_conforming_strings": "off", "escape_string_warning": "off"}
    connection = await asyncpg.connect(database_url, connection_class=Session, server_settings=lax)
    async with connection.transaction():
        await connection.bind_shards(name)
        assert await connection.fetchval("SELECT current_setting('faceserver.directory')") == name
        assert await connection.fetchval("SELECT current_user") == ROLE
    await connection.close()


async def test_an_account_that_may_not_use_the_role_sees_all_and_one_warning_says_what_to_run(
    database, database_url, tables, caplog
):
    await allow_changes_everywhere(database)
    name = f"account_{database_url.partition('/test_')[2][:12]}"
    await database.execute(f"CREATE ROLE {name} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    await protect_distributed(database)
    url = re.sub("//postgres:?@", f"//{name}@", database_url)
    assert url != database_url
    try:
        async with open_database(url, pool_size=4, timeout_seconds=60) as connections:
            for _ in range(2):
                with bound_to("acme"):
                    async with connections.connection() as first, connections.connection() as second:
                        assert await first.fetchval(_SEEN) == "acme,other"
                        assert await second.fetchval(_SEEN) == "acme,other"
        warnings = [record.getMessage() for record in caplog.records if ROLE in record.getMessage()]
        assert len(warnings) == 1
        assert f"GRANT {ROLE} TO <account>" in warnings[0]
    finally:
        await database.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


class _refused_or_done:  # noqa: N801 - reads as a phrase
    """Allows that foreign keys refuse a deletion."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        return isinstance(error, Problem) and isinstance(error.__cause__, asyncpg.ForeignKeyViolationError)


async def _rows(database: asyncpg.Connection, table: str) -> int:
    count: int = await database.fetchval(f"SELECT count(*) FROM {table} WHERE directory = 'other'")
    return count
