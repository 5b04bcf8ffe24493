"""The table that takes the place of the partitions of `faces`, on one server."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import asyncpg
import pytest

from db.row_security import make_permissive
from db.server import UnusableDatabase
from db.whole_faces import is_partitioned, make_whole
from tests.citus import COORDINATOR

pytestmark = pytest.mark.skipif(bool(COORDINATOR), reason="Not on Citus: there the table is whole.")

_FILL = """
INSERT INTO directories (directory) VALUES ('acme'), ('other');
INSERT INTO persons (directory, person) VALUES ('acme', 'ann'), ('other', 'ann');
INSERT INTO faces (directory, person, model, embedding, crop, box, score, image_sha256)
SELECT directory, person, 'model', '[1,-1]', 'crop', '{0,0,1,1}', 1, sha256('photograph') FROM persons;
"""
_ROWS = "SELECT directory, face, embedding::text, code::text FROM faces ORDER BY directory"
_RIGHTS = """
SELECT grantee::regrole::text AS account, privilege_type, is_grantable FROM pg_class, aclexplode(relacl)
WHERE pg_class.oid = 'faces'::regclass AND grantee <> relowner AND grantee <> to_regrole('faceserver_directory')
ORDER BY 1, 2
"""
_NAMES = """
SELECT conname::text FROM pg_constraint WHERE 'faces'::regclass IN (conrelid, confrelid) AND conparentid = 0
UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'faces'::regclass ORDER BY 1
"""


class Accounts:
    """Accounts of the server, which are dropped after the test. Their names have to be quoted."""

    def __init__(self) -> None:
        ending = uuid4().hex[:12]
        self.owner, self.gateway, self.reader = (f'"{name} {ending}"' for name in ("owner", "gateway", "reader"))

    def __iter__(self) -> Iterator[str]:
        return iter((self.owner, self.gateway, self.reader))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    await connection.execute(_FILL)
    yield connection
    await connection.close()


@pytest.fixture
async def accounts(database: asyncpg.Connection) -> AsyncIterator[Accounts]:
    accounts = Accounts()
    for account in accounts:
        await database.execute(f"CREATE ROLE {account}; GRANT USAGE ON SCHEMA public TO {account}")
    yield accounts
    await database.execute("RESET ROLE")
    for account in accounts:
        await database.execute(f"DROP OWNED BY {account} CASCADE; DROP ROLE {account}")


async def test_rows_keys_and_indexes_stay(database):
    rows, names = await database.fetch(_ROWS), await database.fetch(_NAMES)
    async with database.transaction():
        assert await is_partitioned(database)
        assert await make_whole(database) == 2
    assert not await is_partitioned(database)
    assert await database.fetch(_ROWS) == rows
    assert await database.fetch(_NAMES) == names


async def test_owner_and_rights_stay(database, accounts):
    await database.execute(
        f"GRANT ALL ON faces TO {accounts.gateway}; GRANT SELECT ON faces TO {accounts.gateway} WITH GRANT OPTION;"
        f"GRANT SELECT (directory, person), UPDATE (score) ON faces TO {accounts.reader};"
        f"GRANT CREATE ON SCHEMA public TO {accounts.owner}; ALTER TABLE faces OWNER TO {accounts.owner}"
    )
    rights = await database.fetch(_RIGHTS)
    async with database.transaction():
        await make_whole(database)
    assert rights
    assert await database.fetch(_RIGHTS) == rights
    owner = "SELECT relowner::regrole::text FROM pg_class WHERE oid = 'faces'::regclass"
    assert await database.fetchval(owner) == accounts.owner
    await database.execute(f"SET ROLE {accounts.reader}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.fetch("SELECT embedding FROM faces")
    await database.execute("RESET ROLE")


async def test_whoever_may_read_some_columns_goes_on_seeing_all_rows(database, accounts):
    await database.execute(
        f"GRANT ALL ON faces TO {accounts.gateway}; GRANT SELECT (directory) ON faces TO {accounts.reader}"
    )
    async with database.transaction():
        await make_whole(database)
        await database.execute("SELECT protect_directories()")
        await make_permissive(database, ["faces"])
    for account in (accounts.gateway, accounts.reader):
        await database.execute(f"SET ROLE {account}")
        assert len(await database.fetch("SELECT directory FROM faces")) == 2
        await database.execute("RESET ROLE")
    await database.execute("SET ROLE faceserver_directory; SET faceserver.directory = 'acme'")
    assert [tuple(row) for row in await database.fetch("SELECT directory FROM faces")] == [("acme",)]
    await database.execute("RESET ROLE")


async def test_views_are_not_dropped_without_a_word(database):
    await database.execute("CREATE VIEW counted AS SELECT directory, count(*) FROM faces GROUP BY directory")
    with pytest.raises(UnusableDatabase, match="drop counted, and make them again"):
        async with database.transaction():
            await make_whole(database)
    assert await is_partitioned(database)
