"""Tags of a directory: texts by keys, which mean nothing to the service."""

import json
from collections.abc import Mapping

from apiserver.audit import records as audit
from apiserver.database.session import Connection
from apiserver.problems import DirectoryNotFound, InvalidField

MAX_TAGS = 200

_READ = "SELECT tags FROM directories WHERE directory = $1"
_LOCK = f"{_READ} FOR NO KEY UPDATE"
_WRITE = "UPDATE directories SET tags = $2 WHERE directory = $1"


async def read(connection: Connection, directory: str) -> dict[str, str]:
    """Return the tags of a directory. Raises DirectoryNotFound or DatabaseUnavailable."""
    return await _read(connection, _READ, directory)


async def change(connection: Connection, directory: str, changes: Mapping[str, str | None]) -> None:
    """Set tags, or remove those with None. Raises DirectoryNotFound, InvalidField for too many, or an Outage."""
    async with connection.transaction():
        tags = {**await _read(connection, _LOCK, directory), **changes}
        kept = {key: value for key, value in tags.items() if value is not None}
        if len(kept) > MAX_TAGS:
            raise InvalidField(f"Tags: a directory can have {MAX_TAGS} at most.")
        await connection.execute(_WRITE, directory, json.dumps(kept))
        await audit.record(connection, directory=directory, counts={"tags": len(changes)})


async def _read(connection: Connection, statement: str, directory: str) -> dict[str, str]:
    row = await connection.fetchrow(statement, directory)
    if row is None:
        raise DirectoryNotFound
    found: dict[str, str] = json.loads(row["tags"])
    return found
