"""What a server says of itself, and whether it can be used."""

from dataclasses import replace

import pytest

from apiserver.database.schema import MIN_PGVECTOR as GATEWAY_MIN_PGVECTOR
from db.server import MIN_PGVECTOR, MIN_POSTGRESQL, Facts, fault

USABLE = Facts("18.4", 18, "UTF8", False, "ann", "faces", "0.8.5", None, None)


@pytest.mark.parametrize(
    "facts",
    [
        USABLE,
        replace(USABLE, major=MIN_POSTGRESQL),
        replace(USABLE, available="0.8.4", installed="0.8.4", may_migrate=True),
        replace(USABLE, available="0.10.0"),
        replace(USABLE, available=None, installed="1.0"),
    ],
)
def test_a_usable_server(facts: Facts):
    assert fault(facts, "h") is None


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (replace(USABLE, version="15.18", major=15), "PostgreSQL 15.18 at h is too old; use version 16 or newer."),
        (replace(USABLE, available=None), "PostgreSQL 18.4 at h has no pgvector; install version 0.8.4 or newer there"),
        (replace(USABLE, available="0.7.4"), "PostgreSQL 18.4 at h has pgvector 0.7.4; install version 0.8.4 or newer"),
        (replace(USABLE, installed="0.8.0"), "uses pgvector 0.8.0, not 0.8.4 or newer; run ALTER EXTENSION vector"),
        (replace(USABLE, encoding="SQL_ASCII"), "The database faces has the encoding SQL_ASCII; create another one"),
        (replace(USABLE, read_only=True), "The database faces at h is read-only, as a standby is;"),
        (replace(USABLE, may_migrate=False), "The tables in faces belong to another role than ann;"),
    ],
)
def test_a_fault_says_what_to_do(facts: Facts, said: str):
    sentence = fault(facts, "h")
    assert sentence
    assert said in sentence


def test_the_gateway_requires_the_same_pgvector():
    assert MIN_PGVECTOR == GATEWAY_MIN_PGVECTOR
