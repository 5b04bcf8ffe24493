"""Migrations run where the tables are distributed: they avoid the forms of statements that Citus refuses."""

import re

import pytest

from db.distribution import DISTRIBUTED
from db.migrate import MIGRATIONS

FIRST = "20261129002300"
"""Older ones were always run before the tables were distributed."""

_ALTER = r"ALTER TABLE (?:ONLY |IF EXISTS )*(?:public\.)?(\w+)\b"
_FORMS = {
    _ALTER + r"(?=.*\bADD (?:CONSTRAINT|CHECK|FOREIGN|UNIQUE|PRIMARY)).*,\s*(?:ADD|DROP|ALTER|VALIDATE)\b": (
        "a constraint is added beside another change: give it a statement of its own"
    ),
    _ALTER + r".*\bADD COLUMN\b(?:(?!,\s*ADD).)*\b(?:CHECK|REFERENCES|UNIQUE|PRIMARY KEY)\b": (
        "a column is added with a constraint: add that in a second statement"
    ),
    _ALTER + r".*\bSET (?:STORAGE|COMPRESSION)\b": "the storage of a column is changed",
    _ALTER + r".*\bON UPDATE CASCADE\b": "a key has ON UPDATE CASCADE: let the statement that renames do it",
    r"CREATE (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER\b.*?\bON (?:public\.)?(\w+)": (
        "a distributed table has a trigger: let the statements do it"
    ),
    r"\b(faces)_(?:\d|%)": "faces has no partitions",
}
"""What Citus refuses for distributed tables. The first group is the table."""


def faults(migration: str) -> list[str]:
    """Return what Citus refuses in the statements of a migration."""
    statements = re.sub(r"--.*", "", migration).split(";")
    return [
        fault
        for statement in statements
        for form, fault in _FORMS.items()
        if (found := re.search(form, statement, re.IGNORECASE | re.DOTALL)) and found[1] in DISTRIBUTED
    ]


@pytest.mark.parametrize("path", [path for path in sorted(MIGRATIONS.glob("*.sql")) if path.name >= FIRST] or [None])
def test_a_migration_has_no_form_that_citus_refuses(path):
    assert path is None or faults(path.read_text()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE persons ADD COLUMN a int, ADD CONSTRAINT b CHECK (a > 0)",
        "ALTER TABLE persons\n    ADD COLUMN a int CHECK (a > 0)",
        "ALTER TABLE persons ADD COLUMN a text REFERENCES directories",
        "ALTER TABLE faces ALTER COLUMN code SET STORAGE PLAIN",
        "ALTER TABLE faces ADD FOREIGN KEY (directory) REFERENCES directories ON UPDATE CASCADE",
        "CREATE TRIGGER a AFTER INSERT ON faces FOR EACH ROW EXECUTE FUNCTION b()",
        "ALTER TABLE faces_3 SET (fillfactor = 90)",
    ],
)
def test_a_refused_form_is_found(statement):
    assert len(faults(f"-- migrate:up\nSELECT 1;\n{statement};\n")) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE persons ADD COLUMN a int",
        "ALTER TABLE persons ADD CONSTRAINT b CHECK (a > 0)",
        "ALTER TABLE jobs ADD COLUMN a int CHECK (a > 0), ADD CONSTRAINT b CHECK (a > 0)",
        "CREATE TRIGGER a AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION b()",
        "CREATE INDEX faces_by_score ON faces (directory, score)",
        "CREATE TABLE a (directory text PRIMARY KEY REFERENCES directories, b int CHECK (b > 0))",
    ],
)
def test_other_forms_are_not(statement):
    assert faults(f"{statement};") == []
