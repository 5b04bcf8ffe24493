"""The audit against what clients were told, and against what the database has."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg

from tests.adversity.ledger import KeyLedger, Ledger

_PERSON = "/directories/{directory}/persons/{person}"

# An enrolment that is run again, because its answer was lost, has another entry, which says that it made no face.
_OBJECTS = """
SELECT object FROM audit
WHERE directory IS NOT DISTINCT FROM $1 AND action = $2 AND outcome = 'ok'
AND coalesce(counts ->> 'created', '1') <> '0'
"""

_REQUESTS = "SELECT request_id FROM audit WHERE directory = $1 AND action = $2"

# The names of persons are hashed with a key of the directory.
_OF_PERSONS = """
SELECT person, (
    SELECT count(*) FROM audit
    WHERE directory = $1 AND action = $2 AND persons = audit_persons($1, ARRAY[person], false)
) FROM unnest($3::text[]) AS person
"""

_DELETIONS = """
SELECT deletion::text, face::text, finished_at IS NOT NULL AND images > 0 FROM deletions WHERE directory = $1
"""

_FINISHED = "SELECT object FROM audit WHERE directory = $1 AND counts ? 'finished'"

_KEYS = "SELECT id, revoked_at IS NOT NULL FROM keys WHERE created_by <> 'command line'"


async def is_sealed_up(connection: asyncpg.Connection) -> bool:
    """Tell whether every entry has its place in a chain."""
    return not await connection.fetchval("SELECT count(*) FROM audit WHERE hash IS NULL")


async def changes_without_their_entry(
    connection: asyncpg.Connection, ledgers: Sequence[Ledger], keys: KeyLedger
) -> list[str]:
    """Return what is missing in the audit, is there twice, or is there although it did not happen."""
    faults = await _of_keys(connection, keys)
    for ledger in ledgers:
        faults += await _of_directory(connection, ledger)
    return faults


async def _of_directory(connection: asyncpg.Connection, ledger: Ledger) -> list[str]:
    directory = ledger.directory
    enrolments = await _column(connection, _OBJECTS, directory, "POST /learn")
    recognitions = Counter(await _column(connection, _REQUESTS, directory, "POST /recognize"))
    faces = await _column(connection, _OBJECTS, directory, f"DELETE {_PERSON}/faces/{{face}}")
    persons = await _column(connection, _OBJECTS, directory, f"DELETE {_PERSON}")
    of_persons = await connection.fetch(_OF_PERSONS, directory, f"DELETE {_PERSON}", ledger.deleted)
    receipts = await connection.fetch(_DELETIONS, directory)
    finished = await _column(connection, _FINISHED, directory)
    return [
        *_differences("enrolment", ledger.enrolled, enrolments),
        *_differences("deletion of a face", ledger.deleted_faces, faces),
        *(f"deletion of {person}: {count} entries" for person, count in of_persons if count != 1),
        *_differences("receipt", [deletion for deletion, face, _ in receipts if not face], persons),
        *_differences("receipt of a face", [face for _, face, _ in receipts if face], faces),
        *_differences("end of a deletion", [deletion for deletion, _, late in receipts if late], finished),
        *(f"recognition {id_}: {recognitions[id_]} entries" for id_ in ledger.recognitions if recognitions[id_] != 1),
    ]


async def _of_keys(connection: asyncpg.Connection, keys: KeyLedger) -> list[str]:
    rows = dict(await connection.fetch(_KEYS))
    made = await _column(connection, _OBJECTS, None, "POST /keys")
    revoked = await _column(connection, _OBJECTS, None, "DELETE /keys/{id}")
    return [
        *(f"key {key} was made and is gone" for key in keys.made - rows.keys()),
        *_differences("key", [*rows], made),
        *_differences("revocation", [key for key, is_revoked in rows.items() if is_revoked], revoked),
        *(f"revocation of {key} is not there" for key in keys.revoked - set(revoked)),
    ]


def _differences(what: str, happened: Iterable[str], entries: Iterable[str]) -> list[str]:
    due, there = Counter(happened), Counter(entries)
    return [f"{what} {each}: {there[each]} entries for {due[each]}" for each in due | there if due[each] != there[each]]


async def _column(connection: asyncpg.Connection, statement: str, *values: Any) -> list[str]:
    return [row[0] for row in await connection.fetch(statement, *values)]
