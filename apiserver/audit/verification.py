"""Verification of the chains, in the database and in exported files."""

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from apiserver.access.grants import Reach
from apiserver.audit.chain import Anchor, Check, fields
from apiserver.audit.records import COLUMNS, Entry
from apiserver.database.pool import Database, Share
from apiserver.database.session import Connection

_CHAINS = "SELECT directory, position, head, kept_after, checkpoint FROM audit_chains ORDER BY directory"

# Also entries with a seal whose chain's row was removed.
_STRAY = """
SELECT DISTINCT coalesce(directory, '') FROM audit
WHERE hash IS NOT NULL AND coalesce(directory, '') NOT IN (SELECT directory FROM audit_chains)
"""

_OPEN = f"""
DECLARE sealed NO SCROLL CURSOR FOR SELECT {COLUMNS} FROM audit
WHERE coalesce(directory, '') = $1 AND position IS NOT NULL ORDER BY position, id
"""  # noqa: S608

_FETCH = "FETCH 1000 FROM sealed"
_CLOSE = "CLOSE sealed"

_PAGE = f"""
SELECT {COLUMNS} FROM audit
WHERE coalesce(directory, '') = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4
"""  # noqa: S608

_PAGE_ENTRIES = 200
"""A few milliseconds of the gateway's event loop."""

HEAD = "chain"
"""The key that tells the first line of an exported chain from entries."""


async def export(connection: Connection, directory: str | None = None) -> AsyncIterator[dict[str, Any]]:
    """Yield one line for each chain, with its checkpoint and head, and one for each of its sealed entries.

    directory: only its chain; empty: that of the entries without a directory.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for (stray,) in await connection.fetch(_STRAY):
            yield {HEAD: stray, "position": 0, "head": "", "kept_after": 0, "checkpoint": bytes(32).hex()}
        for chain, position, head, kept_after, checkpoint in await connection.fetch(_CHAINS):
            if directory not in (None, chain):
                continue
            yield _line_of_chain(chain, position, head, kept_after, checkpoint)
            async for row in _sealed(connection, chain):
                yield _line_of_entry(row)


async def _sealed(connection: Connection, chain: str) -> AsyncIterator[Any]:
    # asyncpg's own cursors are named statements, which a pooler mixes up with those of its other clients.
    await connection.execute(_OPEN, chain)
    while rows := await connection.fetch(_FETCH):
        for row in rows:
            yield row
    await connection.execute(_CLOSE)


async def export_pages(
    database: Database, reach: Reach, directory: str | None = None
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the lines of `export` in pages, only of the directories in reach.

    No connection is held between the pages, for a client may read slowly. Raises DatabaseUnavailable.
    """
    async with database.unbound(Share.READS) as connection:
        chains = await connection.fetch(_CHAINS)
    for row in chains:
        chain, position, _, last, _ = row
        if directory not in (None, chain) or not (reach.covers(chain) if chain else reach.everywhere):
            continue
        yield [_line_of_chain(*row)]
        while last < position:
            async with database.unbound(Share.READS) as connection:
                rows = await connection.fetch(_PAGE, chain, last, position, _PAGE_ENTRIES)
            if not rows:
                break
            yield [_line_of_entry(row) for row in rows]
            last = rows[-1]["position"]


def _line_of_chain(chain: str, position: int, head: bytes, kept_after: int, checkpoint: bytes) -> dict[str, Any]:
    return {
        HEAD: chain,
        "position": position,
        "head": head.hex(),
        "kept_after": kept_after,
        "checkpoint": checkpoint.hex(),
    }


def _line_of_entry(row: Any) -> dict[str, Any]:  # noqa: ANN401 - asyncpg's records have no type
    entry = Entry.of(row)
    return fields(entry) | {"hash": (entry.hash or b"").hex()}


class Verification:
    """Checks lines of an export, one after the other.

    faults: sentences about what is wrong, at most one for each chain. heads: the hash of the last entry by chain.
    expected: hashes that were noted earlier; each must still be among the entries or their checkpoints.
    """

    def __init__(self, expected: Iterable[str] = ()) -> None:
        self.faults: list[str] = []
        self.heads: dict[str, str] = {}
        self.entries = 0
        self._missing = set(expected)
        self._chain: dict[str, Any] | None = None
        self._check = Check(Anchor())
        self._broken = False

    def add(self, line: dict[str, Any]) -> None:
        """Check the next line. Raises KeyError, TypeError or ValueError if it is none of an export."""
        if HEAD in line:
            self._end_chain()
            self._chain, self._broken = line, False
            self._check = Check(Anchor(line["kept_after"], bytes.fromhex(line["checkpoint"])))
            self._missing.discard(line["checkpoint"])
        else:
            self._add_entry(line)

    def end(self) -> None:
        """Check what only the end shows: missing entries behind the last one, and hashes that are nowhere."""
        self._end_chain()
        self.faults += [f"No entry has the hash {missing}: it was removed or altered." for missing in self._missing]

    def _add_entry(self, line: dict[str, Any]) -> None:
        if self._chain is None:
            raise ValueError("The first line does not begin a chain.")
        if self._broken:
            return
        sealed = {name: value for name, value in line.items() if name != "hash"}
        fault = self._check.fault(sealed, bytes.fromhex(line["hash"]))
        if (sealed["directory"] or "") != self._chain[HEAD]:
            fault = f"entry {sealed['position']} belongs to another chain"
        if fault:
            self._fail(fault)
            return
        self.entries += 1
        self._missing.discard(line["hash"])

    def _end_chain(self) -> None:
        if self._chain is None:
            return
        last = self._check.last
        if not self._broken and (last.position, last.hash.hex()) != (self._chain["position"], self._chain["head"]):
            self._fail(f"the entries end with {last.position}, the chain with {self._chain['position']}")
        self.heads[self._chain[HEAD]] = last.hash.hex()
        self._chain = None

    def _fail(self, fault: str) -> None:
        name = self._chain and self._chain[HEAD]
        self._broken = True
        self.faults.append(f"{f'Directory {name}' if name else 'Entries without a directory'}: {fault}.")


async def verify(connection: Connection, expected: Iterable[str] = ()) -> Verification:
    """Verify all chains of the database. Raises DatabaseUnavailable."""
    verification = Verification(expected)
    async for line in export(connection):
        verification.add(line)
    verification.end()
    return verification


def verify_lines(lines: Iterable[str], expected: Iterable[str] = ()) -> Verification:
    """Verify an exported file. Raises KeyError, TypeError or ValueError if it is none."""
    verification = Verification(expected)
    for line in lines:
        verification.add(json.loads(line))
    verification.end()
    return verification
