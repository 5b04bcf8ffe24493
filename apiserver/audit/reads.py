"""Entries about what was only read: recognitions, photographs, and exports. Concurrent ones share a transaction."""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Literal, NamedTuple

from apiserver.audit.records import acting
from apiserver.database.errors import is_read_only
from apiserver.database.pool import Database
from apiserver.database.session import Connection
from apiserver.problems import Problem

Recorded = Literal["all", "matches", "none"]

_MAX_BATCH = 500
_IDLE_SECONDS = 1.0

_logger = logging.getLogger(__name__)

# No keys are drawn: a directory that was deleted in between must not get new ones.
_RECORD = """
INSERT INTO audit (at, directory, subject, action, persons, object, request_id, address, counts)
SELECT clock_timestamp(), directory, subject, action,
    audit_persons(directory, ARRAY(SELECT jsonb_array_elements_text(persons)), false),
    object, request_id, address, counts
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::jsonb[], $5::text[], $6::text[], $7::text[], $8::jsonb[]
) AS entry (directory, subject, action, persons, object, request_id, address, counts)
"""


class _Read(NamedTuple):
    directory: str
    subject: str
    action: str
    persons: str
    object: str | None
    request_id: str
    address: str
    counts: str


_Batch = list[tuple[_Read, asyncio.Future[None]]]


class Reads:
    """Records what calls read before they answer. A call waits for one commit, however many calls share it."""

    def __init__(self, database: Database, recognitions: Recorded) -> None:
        self._database = database
        self._recognitions = recognitions
        self._waiting: _Batch = []
        self._wake = asyncio.Event()
        self.recorded = 0

    async def recognized(self, directory: str, named: Sequence[str], *, faces: int) -> None:
        """Record a recognition of this number of faces, unless the installation does not want it.

        Raises DatabaseUnavailable.
        """
        if self._recognitions == "all" or (self._recognitions == "matches" and named):
            await self.read(directory, persons=named, faces=faces, named=len(named))

    async def read(self, directory: str, *, persons: Sequence[str] = (), object_: object = None, **counts: int) -> None:
        """Record that the current call reads something, and return when that is committed.

        Raises DatabaseUnavailable.
        """
        act = acting()
        entry = _Read(
            directory,
            act.subject,
            act.action,
            json.dumps(list(dict.fromkeys(persons))),
            None if object_ is None else str(object_),
            act.request_id,
            act.address,
            json.dumps(counts),
        )
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, committed))
        self._wake.set()
        await committed

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._wake.wait()
            batch: _Batch = []
            written = False
            try:
                async with self._database.unbound() as connection:
                    batch = self._take()
                    await self._write(connection, batch)
                    while self._database.keeps_sessions:
                        _end(batch)
                        batch, written = [], True
                        if not await self._is_woken_soon() or connection.is_closed():
                            break
                        batch = self._take()
                        await self._write(connection, batch)
            except (Problem, ValueError) as error:
                # A connection that broke while it was only kept concerns nobody: what waits gets another one.
                self._fail(batch if batch or written else self._take(), error)
            else:
                _end(batch)

    def _take(self) -> _Batch:
        batch, self._waiting = self._waiting[:_MAX_BATCH], self._waiting[_MAX_BATCH:]
        if not self._waiting:
            self._wake.clear()
        return batch

    async def _is_woken_soon(self) -> bool:
        """Wait for further entries; tell whether there are some.

        Under load, the connection is kept: bound uses of it in between would cost the plans of both.
        """
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                return await self._wake.wait()
        except TimeoutError:
            return False

    async def _write(self, connection: Connection, batch: _Batch) -> None:
        entries = [entry for entry, _ in batch]
        columns = [list(column) for column in zip(*entries, strict=True)]
        await connection.execute(_RECORD, *columns)
        self.recorded += len(entries)

    def _fail(self, batch: _Batch, error: Exception) -> None:
        if isinstance(error, Problem) and is_read_only(error):
            _log(batch)
            _end(batch)
        else:
            _end(batch, error)


def _end(batch: _Batch, error: Exception | None = None) -> None:
    """Let the calls continue that wait for the entries."""
    for _, committed in batch:
        if committed.done():  # its client has gone
            continue
        if error:
            committed.set_exception(error)
        else:
            committed.set_result(None)


def _log(batch: _Batch) -> None:
    """Log what a database that only reads, such as a standby, cannot record; without the names of persons."""
    for entry, _ in batch:
        shown = {name: value for name, value in entry._asdict().items() if name != "persons"}
        _logger.warning("Not in the audit, because the database only reads: %s", json.dumps(shown))
