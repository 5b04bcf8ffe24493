"""What connections may do with the audit: bound to a directory, they read and add its entries, and nothing else."""

import re
from datetime import timedelta

import asyncpg
import pytest

from apiserver.access.binding import bound_to
from apiserver.audit import records, sealing
from apiserver.audit.reads import Reads
from apiserver.audit.verification import verify
from apiserver.background import background
from apiserver.database.opening import open_database
from apiserver.deletion.erasure import Erasure
from apiserver.problems import Problem
from tests.citus import COORDINATOR, allow_changes_everywhere


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=4, timeout_seconds=60) as connections:
        yield connections


@pytest.fixture
async def filled(connections, database):
    """Two directories with sealed entries, and one entry without a directory."""
    await database.execute("INSERT INTO directories (directory) VALUES ('acme'), ('other')")
    async with connections.unbound() as connection:
        for directory, person in (("acme", "ann"), ("other", "bob"), (None, "")):
            await records.record(connection, directory=directory, persons=[person] if person else [])
    await sealing.seal(connections)


async def refused(connections, statement):
    """Return whether a connection that is bound to `acme` may not execute the statement."""
    try:
        with bound_to("acme"):
            async with connections.connection() as connection:
                await connection.execute(statement)
    except Problem as problem:
        return isinstance(problem.__cause__, asyncpg.InsufficientPrivilegeError)
    return False


@pytest.mark.usefixtures("filled")
async def test_a_bound_connection_reads_and_adds_entries_of_its_directory(connections, database):
    with bound_to("acme"):
        async with connections.connection() as connection:
            for table in ("audit", "audit_keys", "audit_chains"):
                rows = await connection.fetch(f"SELECT directory FROM {table}")  # noqa: S608
                assert [row["directory"] for row in rows] == ["acme"], table
            await records.record(connection, directory="acme", persons=["ann"])
            assert await connection.fetchval("SELECT audit_persons('other', ARRAY['bob'], false)") == []
    hashes = await database.fetch("SELECT persons FROM audit WHERE directory = 'acme'")
    assert hashes[0] == hashes[1] != []


@pytest.mark.parametrize("new", ["other", None])
@pytest.mark.usefixtures("filled")
async def test_it_adds_no_entry_elsewhere(connections, database, new):
    before = await database.fetchval("SELECT count(*) FROM audit")
    with bound_to("acme"), pytest.raises(Problem) as caught:
        async with connections.connection() as connection:
            await records.record(connection, directory=new, persons=["bob"])
    assert isinstance(caught.value.__cause__, asyncpg.InsufficientPrivilegeError)
    assert await database.fetchval("SELECT count(*) FROM audit") == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET subject = 'nobody'",
        "UPDATE audit SET hash = NULL, position = NULL",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "SELECT audit_forget('acme', 1)",
        "INSERT INTO audit (directory, subject, action, position, hash) VALUES ('acme', 'a', 'b', 2, sha256('2'))",
        "UPDATE audit_keys SET inner_key = ''",
        "DELETE FROM audit_keys",
        "INSERT INTO audit_keys (directory) VALUES ('third')",
        "UPDATE audit_chains SET position = 0",
        "DELETE FROM audit_chains",
        "INSERT INTO audit_chains (directory, position, head) VALUES ('acme', 9, '')",
    ],
)
@pytest.mark.usefixtures("filled")
async def test_it_changes_and_removes_none(connections, statement):
    assert await refused(connections, statement)
    async with connections.unbound() as connection:
        verification = await verify(connection)
    assert (verification.faults, verification.entries) == ([], 3)


@pytest.mark.usefixtures("filled")
async def test_the_keys_of_a_directory_end_with_it_although_bound_connections_cannot_delete_them(connections, database):
    with bound_to("acme"):
        async with connections.connection() as connection:
            await connection.execute("DELETE FROM directories WHERE directory = 'acme'")
    assert [row["directory"] for row in await database.fetch("SELECT directory FROM audit_keys")] == ["other"]


@pytest.mark.usefixtures("filled")
async def test_a_deletion_ends_the_keys_itself_where_tables_have_no_triggers(connections, database):
    if not COORDINATOR:  # Citus has no triggers
        await database.execute("DROP TRIGGER audit_keys_end ON directories")
    with bound_to("acme"):
        await Erasure(connections, timedelta(0)).directory("acme")
        async with connections.connection() as connection:
            await connection.execute("SELECT audit_end_keys('other')")
    assert [row["directory"] for row in await database.fetch("SELECT directory FROM audit_keys")] == ["other"]


@pytest.mark.usefixtures("filled")
async def test_reads_of_bound_calls_are_recorded(connections, database):
    reads = Reads(connections, "all")
    async with background(reads.run()):
        with bound_to("acme"):
            await reads.recognized("acme", ["ann"], faces=1)
    assert await database.fetchval("SELECT count(*) FROM audit WHERE directory = 'acme'") == 2


@pytest.mark.usefixtures("filled")
async def test_an_account_that_does_not_own_the_tables_cannot_lift_the_triggers(database, database_url):
    """The gateway's account is not a superuser where the operator made it so: it has rights, and no tables."""
    await allow_changes_everywhere(database)
    name = f"audit_{database_url.partition('/test_')[2][:12]}"
    await database.execute(f"CREATE ROLE {name} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
    connection = await asyncpg.connect(re.sub("//postgres:?@", f"//{name}@", database_url))
    try:
        for statement in (
            "UPDATE audit SET subject = 'nobody'",
            "DELETE FROM audit",
            "TRUNCATE audit",
            "ALTER TABLE audit DISABLE TRIGGER USER",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()
        await database.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.usefixtures("filled")
async def test_an_account_that_only_reads_ends_no_keys(database, database_url):
    await allow_changes_everywhere(database)
    name = f"reader_{database_url.partition('/test_')[2][:12]}"
    await database.execute(f"CREATE ROLE {name} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    connection = await asyncpg.connect(re.sub("//postgres:?@", f"//{name}@", database_url))
    try:
        await connection.execute("SELECT audit_end_keys('acme')")
        assert await database.fetchval("SELECT count(*) FROM audit_keys") == 2
        await database.execute(f"GRANT DELETE ON directories TO {name}")
        await connection.execute("SELECT audit_end_keys('acme')")
        assert await database.fetchval("SELECT count(*) FROM audit_keys") == 1
    finally:
        await connection.close()
        await database.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")
