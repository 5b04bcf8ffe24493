"""Entries of the audit, written in the transaction of what they record. They hold no name of a person."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from apiserver.access.acts import Act, current_act
from apiserver.database.session import Connection

_RECORD = "SELECT audit_record($1, $2, $3, $4, $5, $6, $7, $8, $9)"

_END_KEYS = "SELECT audit_end_keys($1)"

_SERVICE = Act("service", "service", "", "")


class Entry(NamedTuple):
    """An entry. persons: keyed hashes. position and hash: the seal, None until a worker sealed it."""

    id: int
    at: datetime
    directory: str | None
    subject: str
    action: str
    persons: list[bytes]
    object: str | None
    outcome: str
    request_id: str
    address: str
    counts: dict[str, int]
    position: int | None
    hash: bytes | None

    @classmethod
    def of(cls, row: Any) -> "Entry":  # noqa: ANN401 - asyncpg's records have no type
        """Convert a row of `COLUMNS`."""
        return cls(**{**row, "counts": json.loads(row["counts"])})


COLUMNS = ", ".join(Entry._fields)
"""Columns of `audit`, in the order of the fields of Entry."""


def acting() -> Act:
    """Return the call that is served, or the job that is run; the service itself elsewhere."""
    return current_act() or _SERVICE


async def record(
    connection: Connection,
    *,
    directory: str | None = None,
    persons: Sequence[str] = (),
    object_: object = None,
    counts: Mapping[str, int] | None = None,
    action: str | None = None,
    subject: str | None = None,
    outcome: str = "ok",
) -> None:
    """Record in the connection's transaction what the current call or job does.

    directory: None for keys and the service. persons: their names, of which only keyed hashes are stored. object_: the
    id of what was changed. action: instead of the call's route. subject: instead of who calls.
    Raises DatabaseUnavailable.
    """
    act = acting()
    what = None if object_ is None else str(object_)
    await connection.execute(
        _RECORD,
        directory,
        subject or act.subject,
        action or act.action,
        list(persons),
        what,
        outcome,
        act.request_id,
        act.address,
        json.dumps(counts or {}),
    )


async def end_keys(connection: Connection, directory: str) -> None:
    """Delete the keys of a deleted directory, so that the persons in its entries cannot be identified any more."""
    await connection.execute(_END_KEYS, directory)
