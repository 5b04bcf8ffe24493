"""The tables can be distributed by directory: every key begins with it, and every statement names it."""

import asyncio

import asyncpg
import pytest

from apiserver.database.opening import open_database
from db.distribution import DISTRIBUTED, LOCAL, REFERENCE
from db.migrate import MIGRATIONS
from tests.checkout import ROOT
from tests.citus import OF_ONE_SERVER
from tests.integration.db.executed import executed
from tests.integration.db.rules import EVERYWHERE, faults, faults_of_migration
from tests.integration.db.statements import Statement, statements, unbound_tables

KEYS = """
SELECT conrelid::regclass::text AS table, contype::text AS type, confrelid::regclass::text AS other,
    (SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1]) AS first
FROM pg_constraint
WHERE contype IN ('p', 'u', 'f') AND conparentid = 0 AND connamespace = 'public'::regnamespace
"""

TABLES = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
ORDER BY relname COLLATE "C"
"""

FIRST_CHECKED = "20261129002200"
"""The migrations before it run before tables are distributed for the first time."""

STATEMENTS = statements()
TESTS = ROOT / "tests/integration"
COMPOSED = "SELECT person FROM {}"
COUNTED = "SELECT (SELECT count(*) FROM faces WHERE faces.directory = persons.directory) FROM {}"


@pytest.fixture
async def keys(database_url: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(database_url)
    rows: list[asyncpg.Record] = await connection.fetch(KEYS)
    await connection.close()
    return rows


def test_all_keys_begin_with_the_directory_and_refer_to_distributed_tables(keys):
    wrong = [
        key
        for key in keys
        if (key["table"] in DISTRIBUTED and key["first"] != "directory")
        or (key["type"] == "f" and (key["table"] in DISTRIBUTED) != (key["other"] in DISTRIBUTED))
    ]
    assert wrong == []


async def test_every_table_is_of_one_kind(database_url):
    connection = await asyncpg.connect(database_url)
    tables = [row["relname"] for row in await connection.fetch(TABLES)]
    await connection.close()
    assert sorted([*DISTRIBUTED, *REFERENCE, *LOCAL]) == tables


def test_tables_are_distributed_after_those_they_refer_to(keys):
    order = {table: place for place, table in enumerate(DISTRIBUTED)}
    assert [
        key for key in keys if key["type"] == "f" and order.get(key["other"], 0) > order.get(key["table"], 99)
    ] == []


async def test_what_the_services_execute_is_heard(database_url):
    statement = COMPOSED.format("faces WHERE model = $1")  # as a whole it is in no test
    async with open_database(database_url, pool_size=1, timeout_seconds=60) as database:
        for _ in range(2):
            async with database.connection() as connection:
                await connection.execute(statement, "m")
                await connection.execute("SELECT face FROM faces")
    await asyncio.sleep(0)
    assert executed.faults() == ["faces without a directory: SELECT person FROM faces WHERE model = $1"]


@pytest.mark.parametrize(
    "text",
    ["SELECT directory FROM directories WHERE fpir > 0.5", "DELETE FROM images WHERE expires_at < now()"],
)
async def test_what_tests_compose_excuses_no_statement_of_the_services(database_url, text):
    async with (
        open_database(database_url, pool_size=1, timeout_seconds=60) as database,
        database.connection() as connection,
    ):
        await connection.execute(f"{text} AND true")
    await asyncio.sleep(0)
    assert len(executed.faults()) == 1


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda one: one.place)
def test_every_statement_is_right_on_several_servers(statement: Statement):
    assert faults(statement.text, statement.place) == []


def test_every_exempted_statement_exists():
    exempted = {one.place for one in STATEMENTS if faults(one.text)}
    assert exempted == EVERYWHERE.keys()


def test_every_test_that_does_not_run_on_several_servers_exists():
    for name in OF_ONE_SERVER:
        path, _, test = name.partition("::")
        [file] = [file for file in (TESTS / path, TESTS / "apiserver" / path) if file.exists()]
        assert f"def {test}(" in file.read_text(), name


def test_the_source_was_read():
    read = {statement.place for statement in STATEMENTS}
    assert {
        "enrolment.gallery._ENROL",
        "directories.sizes._COUNT",
        "search.statements.exact",
        "storage.images.WRITE_ROW",
    } <= read


@pytest.mark.parametrize(
    ("statement", "unbound"),
    [
        ("SELECT 1 FROM faces WHERE directory = $1 AND model = $2", set()),
        ("SELECT 1 FROM faces WHERE directory = 'a'", set()),
        ("SELECT 1 FROM faces WHERE directory = $1 OR model = $2", {"faces"}),
        ("SELECT 1 FROM faces WHERE directory = model", {"faces"}),
        ("SELECT 1 FROM faces JOIN persons USING (person) WHERE faces.directory = $1", {"persons"}),
        ("SELECT 1 FROM jobs, (SELECT 1 FROM faces) AS all_faces WHERE directory = $1", {"faces"}),
        ("WITH faces AS (SELECT 1 FROM jobs) SELECT 1 FROM faces", set()),
        ("WITH gone AS (DELETE FROM images WHERE image = $1) SELECT 1", {"images"}),
        ("UPDATE images SET image = $2 WHERE directory = $1", set()),
        ("INSERT INTO persons (person, directory) VALUES ($1, $2)", set()),
        ("INSERT INTO persons (person, directory) VALUES ($1, person)", {"persons"}),
        ("INSERT INTO persons (person, directory) SELECT person, directory FROM faces", {"persons", "faces"}),
        ("INSERT INTO persons (person, directory) SELECT person, directory FROM faces WHERE directory = $1", set()),
        ("INSERT INTO persons (person, directory) SELECT person, $1 FROM faces", {"faces"}),
        (COUNTED.format("persons WHERE directory = $1"), set()),
        (COUNTED.format("persons WHERE person = $1"), {"persons", "faces"}),
        (COUNTED.format("(SELECT * FROM persons WHERE directory = $1) AS persons"), set()),
    ],
)
def test_a_statement_without_its_directory_is_found(statement, unbound):
    assert unbound_tables(statement) == unbound


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE SET written_at = now()", "in DO UPDATE"),
        ("UPDATE SET size_bytes = (random() * 9)::int", "in DO UPDATE"),
        ("UPDATE SET expires_at = greatest(images.expires_at, excluded.expires_at)", None),
    ],
)
def test_a_function_in_do_update_is_found(statement, fault):
    inserted = "INSERT INTO images (directory, image) VALUES ($1, $2) ON CONFLICT (directory, image) DO "
    assert_found(inserted + statement, fault)
    assert_found((inserted + statement).replace("images", "keys"), None)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE images SET expires_at = coalesce(expires_at, now()) WHERE directory = $1", "coalesce"),
        ("INSERT INTO images (directory, image, created_at) VALUES ($1, $2, CASE WHEN $3 THEN now() END)", "CASE"),
        ("UPDATE images SET expires_at = least(expires_at, now()) WHERE directory = $1", None),
        (
            "DELETE FROM faces WHERE directory = $1 RETURNING (SELECT count(*) FROM merges WHERE directory = $1)",
            "query",
        ),
        ("UPDATE directories SET revision = 2 WHERE directory = $1 RETURNING to_jsonb(directories)", "RETURNING"),
        ("DELETE FROM faces WHERE directory = $1 RETURNING image", None),
        ("SELECT 1 FROM imports JOIN jobs USING (job) WHERE imports.directory = $1", "two statements"),
        ("SELECT audit_record(person) FROM persons WHERE directory = $1", "coordinator"),
        ("WITH p AS (SELECT person FROM persons WHERE directory = $1) SELECT audit_record(person) FROM p", None),
        ("SELECT image FROM images WHERE directory = ANY ($1) FOR UPDATE", "FOR UPDATE"),
        ("SELECT image FROM images WHERE expires_at < now() FOR SHARE SKIP LOCKED", "FOR UPDATE"),
        ("SELECT image FROM images WHERE directory = $1 AND expires_at < now() FOR UPDATE", None),
        ("SELECT job FROM jobs WHERE job = $1 FOR UPDATE", None),
        ("SELECT pg_advisory_xact_lock(1) FROM directories WHERE directory = $1", "advisory"),
        ("SELECT pg_advisory_xact_lock(1)", None),
        ("SELECT EXISTS (SELECT FROM faces WHERE image = $1)", "SELECT 1"),
        ("SELECT EXISTS (SELECT FROM faces WHERE directory = $1)", None),
        ("WITH a AS (INSERT INTO persons (directory, person) VALUES ($1, $2)) SELECT 1", "in a WITH"),
        (
            "WITH a AS (SELECT 1 FROM persons WHERE directory = $1) INSERT INTO merges SELECT 2 FROM a RETURNING true",
            "rows of a WITH",
        ),
        ("WITH a AS (UPDATE persons SET revision = 2 WHERE directory = $1) SELECT 1", None),
        ("WITH a AS (UPDATE persons SET revision = 2 WHERE directory = $1 AND $2 <> $3) SELECT 1", "no column"),
        ("WITH a AS (UPDATE persons SET revision = 2 WHERE directory = $1 AND person <> $3) SELECT 1", None),
        ("INSERT INTO persons (directory, person) SELECT $1, $2 FROM persons WHERE directory = $1", "COPY"),
        ("INSERT INTO persons (directory, person) SELECT directory, $2 FROM persons WHERE directory = $1", None),
        ("INSERT INTO persons (directory, person) SELECT $1, unnest($2::text[]) RETURNING true", None),
        ("INSERT INTO persons (directory, person) SELECT $1, unnest($2::text[]) RETURNING person", "alias"),
        ("INSERT INTO faces (directory) SELECT $1 ON CONFLICT (directory) DO UPDATE SET model = $3", "excluded"),
        ("INSERT INTO persons (directory, person) SELECT $1, 'a' UNION SELECT $1, 'b'", "COPY"),
        ("UPDATE images SET expires_at = CASE WHEN $2 THEN clock_timestamp() END WHERE directory = $1", "CASE"),
        ("UPDATE images SET size_bytes = random() WHERE directory = $1", "RANDOM() in an UPDATE"),
        ("DELETE FROM faces WHERE directory = $1 AND face = gen_random_uuid()", "in an UPDATE or DELETE"),
        ("UPDATE images SET written_at = now() WHERE directory = $1", None),
        ("UPDATE persons SET directory = $2 WHERE directory = $1", "SET directory"),
        ("UPDATE jobs SET directory = $2 WHERE directory = $1", None),
        ("UPDATE persons SET revision = 1 WHERE directory = $1 AND (SELECT pg_try_advisory_xact_lock(1))", "advisory"),
        (
            "WITH a AS (SELECT pg_try_advisory_xact_lock(1) AS b) DELETE FROM faces USING a WHERE directory = $1 AND b",
            "advisory",
        ),
        ("WITH a AS (UPDATE persons SET revision = 2 WHERE directory = $1 AND false) SELECT 1", "no column"),
    ],
)
def test_what_is_wrong_on_several_servers_is_found(statement, fault):
    assert_found(statement, fault)


def assert_found(statement, fault):
    found = [one for one in faults(statement) if not one.endswith("without a directory")]
    assert (found == []) if fault is None else any(fault in one for one in found), found


def test_new_migrations_run_where_tables_are_distributed():
    texts = {file.name: file.read_text() for file in MIGRATIONS.glob("*.sql") if file.name >= FIRST_CHECKED}
    assert {name: found for name, text in texts.items() if (found := faults_of_migration(text))} == {}


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("ALTER TABLE persons ADD COLUMN a int, ADD CONSTRAINT b CHECK (a > 0)", "in one"),
        ("ALTER TABLE persons ADD COLUMN a int, ADD COLUMN b numeric(3, 1) CHECK (b > 0)", "a constraint"),
        ("ALTER TABLE persons ADD COLUMN IF NOT EXISTS a text REFERENCES directories", "a constraint"),
        ("ALTER TABLE faces ALTER COLUMN code SET STORAGE PLAIN", "SET STORAGE"),
        ("CREATE TRIGGER a AFTER INSERT OR DELETE ON faces FOR EACH ROW EXECUTE FUNCTION b()", "trigger"),
        ('ALTER TABLE IF EXISTS public."persons" ADD COLUMN a int CHECK (a > 0)', "a constraint"),
        ("DO $do$ BEGIN ALTER TABLE faces ALTER COLUMN code SET STORAGE PLAIN; END $do$", "SET STORAGE"),
        ("CREATE UNIQUE INDEX b ON faces (face)", "unique"),
        ("CREATE UNIQUE INDEX b ON persons USING btree (directory, external_id) WHERE person > 'a'", None),
        ("CREATE UNIQUE INDEX b ON keys (hash)", None),
        ("ALTER TABLE persons ADD COLUMN a int DEFAULT least(1, 2) NOT NULL, ADD COLUMN b int", None),
        ("ALTER TABLE persons ADD CONSTRAINT b CHECK (a > 0)", None),
        ("ALTER TABLE keys ADD COLUMN a int CHECK (a > 0)", None),
        ("CREATE TRIGGER a AFTER INSERT ON keys FOR EACH ROW EXECUTE FUNCTION b()", None),
        ("CREATE FUNCTION a() RETURNS trigger AS $$ ALTER TABLE faces ALTER COLUMN code SET STORAGE PLAIN; $$", None),
    ],
)
def test_a_change_that_citus_refuses_is_found(statement, fault):
    found = faults_of_migration(f"CREATE INDEX a ON faces (score); -- c\n{statement};")
    assert (found == []) if fault is None else any(fault in one for one in found), found
