"""Entries about refused calls. They are counted and written once a minute, so that a flood of them leaves few rows."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import NamedTuple

from apiserver.access.acts import NOBODY, Act
from apiserver.background import background, repeat
from apiserver.database.pool import Database
from apiserver.problems import Problem

WRITE_SECONDS = 60.0

MAX_KINDS = 100
"""Maximum number of entries a minute; further kinds share one entry for each outcome."""

_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}

# Without a directory: a caller could name any number of directories, and each would get a chain.
_RECORD = """
INSERT INTO audit (subject, action, outcome, address, counts)
SELECT subject, action, outcome, address, counts
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[])
AS entry (subject, action, outcome, address, counts)
"""


class _Kind(NamedTuple):
    subject: str
    action: str
    outcome: str
    address: str


class Refusals:
    """Counts refused calls by caller, route, outcome and address."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted: Counter[_Kind] = Counter()

    def note(self, problem: Problem, act: Act | None, *, foreign: bool = False) -> None:
        """Count an answer if it refuses a caller. foreign: it hides something of a directory that the caller lacks."""
        if problem.status in _REFUSED or (foreign and problem.status == HTTPStatus.NOT_FOUND):
            act = act or NOBODY
            self._count({_Kind(act.subject, act.action, problem.code, act.address): 1})

    def _count(self, counted: Mapping[_Kind, int]) -> None:
        for kind, number in counted.items():
            known = kind in self._counted or len(self._counted) < MAX_KINDS
            self._counted[kind if known else _Kind("several", "several", kind.outcome, "")] += number

    async def write(self) -> None:
        """Write one entry for each kind that was counted since the last time. Raises DatabaseUnavailable."""
        counted, self._counted = self._counted, Counter()
        if not counted:
            return
        columns = [list(column) for column in zip(*counted, strict=True)]
        counts = [json.dumps({"refused": number}) for number in counted.values()]
        try:
            async with self._database.unbound() as connection:
                await connection.execute(_RECORD, *columns, counts)
        except Problem:
            self._count(counted)
            raise

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write once a minute while the block runs, and at its end."""
        async with background(repeat(self.write, WRITE_SECONDS)):
            yield
        await self.write()
