"""The tables can be distributed by directory: every key begins with it, and every statement names it."""

import re

import asyncpg
import pytest

from tests.checkout import ROOT
from tests.integration.db.statements import DISTRIBUTED, Statement, statements, unbound_tables

SCALE = ROOT / "docs" / "scale.md"

KEYS = """
SELECT conrelid::regclass::text AS table, contype::text AS type, confrelid::regclass::text AS other,
    (SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1]) AS first
FROM pg_constraint
WHERE contype IN ('p', 'u', 'f') AND conparentid = 0 AND connamespace = 'public'::regnamespace
"""

EVERYWHERE = {
    "deletion.records._READ": "an address of a deletion names no directory",
    "directories.records._COUNT": "how many directories a key covers",
    "people.retention.ages": "upkeep looks for the directories that forget whom nobody has seen",
    "directories.listing._PAGE": "a page of directories, and how much each holds",
    "directories.listing._NAMES": "a page of names of directories",
    "storage.images._FIND": "an address of a file names no directory; keys are unique by their content",
    "storage.images._FIND_DIRECTORY": "the same, to check its link first",
    "storage.images._LOCK_EXPIRED": "the sweeper goes by the time at which images expire",
    "storage.images._LOCK_STUCK": "the same, for those that could not be deleted",
    "storage.images._RETRY_LATER": "rows of many directories, by lists of them: what the sweeper could not delete",
    "storage.images._DELETE": "the same: what it has deleted",
    "storage.archives._LOCK_EXPIRED": "the sweeper goes by the time at which archives expire",
    "imports.records._WITHOUT_JOB": "upkeep looks for imports whose jobs were deleted",
    "enrolment.measuring._DIRECTORIES": "upkeep looks for faces that were enrolled before recognizability was measured",
    "storage.cleaning._NEXT": "upkeep looks for photographs that were stored with their metadata",
    "storage.encrypting._UNENCRYPTED": "upkeep looks for photographs that are stored in the clear",
    "storage.archives._UNENCRYPTED": "the same, for archives",
    "encryption.stored_crops._DIRECTORIES": "the same, for directories with crops in the clear",
    "encryption.unencrypted._COUNT": "a metric of how much is in the clear",
    "encryption.rotation._OF_OTHER_MASTERS": "upkeep wraps the keys of all directories again",
    "encryption.rotation._RETIRED": "upkeep looks for keys that were replaced",
    "encryption.rotation._LIST": "an operator lists all keys",
    "audit.reads._RECORD": "one batch of what calls of many directories read",
    "search.changes._FORGET": "upkeep forgets changes of all directories that are known everywhere",
    "search.indexes._REQUESTED": "upkeep looks for indexes that are no longer needed",
}
"""Statements about all directories, with the reason; docs/scale.md lists what Citus requires of them."""

STATEMENTS = statements()
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


def test_the_document_distributes_these_tables_each_after_those_it_refers_to(keys):
    named = re.findall(r"create_distributed_table\('(\w+)', 'directory'", SCALE.read_text())
    assert set(named) == DISTRIBUTED, "docs/scale.md names every table that is distributed"
    assert {"directories", "persons", "images", "faces"} <= DISTRIBUTED
    order = {table: place for place, table in enumerate(named)}
    assert [
        key for key in keys if key["type"] == "f" and order.get(key["other"], 0) > order.get(key["table"], 99)
    ] == []


@pytest.mark.parametrize(
    "statement", [one for one in STATEMENTS if one.place not in EVERYWHERE], ids=lambda one: one.place
)
def test_every_statement_names_its_directory(statement: Statement):
    assert unbound_tables(statement.text) == set(), "add the directory, or say in EVERYWHERE why not"


def test_every_exempted_statement_exists():
    about_all = {one.place for one in STATEMENTS if one.place in EVERYWHERE and unbound_tables(one.text)}
    assert about_all == set(EVERYWHERE)


def test_the_source_was_read():
    read = {statement.place for statement in STATEMENTS}
    assert {
        "enrolment.gallery._ENROL",
        "directories.sizes._COUNT",
        "search.statements.exact",
        "storage.images.write_row",
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
