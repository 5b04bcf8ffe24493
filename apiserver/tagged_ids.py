"""Ids of photographs and receipts that begin with a tag of their directory, so that one server is asked and not all.

A tag is a keyed hash, from which the directory does not follow; the table that leads back is on the coordinator. It
also says which directories there are while a server does not answer. The tags that clients give a directory are others
(`directories.tags`).
"""

import hmac
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from itertools import groupby
from typing import TypeVar
from uuid import UUID, uuid4

from cachetools import TTLCache

from apiserver.database.errors import is_read_only
from apiserver.database.pool import Database, Share
from apiserver.problems import DatabaseUnavailable

_VERSION = 5
"""The version of a tagged id; those without a tag have version 8 (photographs) or 4 (receipts)."""

_TAG_BYTES = 6
"""All of a UUID before its version. Two directories may have the same tag: then both are asked."""

_MAX_REMEMBERED = 100_000
_GOOD_SECONDS = 300.0

_READ_SECRET = "SELECT secret FROM installation_secrets WHERE name = 'image-keys'"  # noqa: S105 - a statement

_ADD = """
INSERT INTO directory_tags (directory, tag) SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT DO NOTHING
"""

_PAGE = 1_000
_EXISTING = f"SELECT directory FROM directories WHERE directory > $1 ORDER BY directory LIMIT {_PAGE}"  # noqa: S608
_TAGGED = f"SELECT directory FROM directory_tags WHERE directory > $1 ORDER BY directory LIMIT {_PAGE}"  # noqa: S608

# 1, because Citus does not know the type of an empty row.
_IN_USE = """
SELECT EXISTS (SELECT 1 FROM directories WHERE directory = $1) OR EXISTS (SELECT 1 FROM images WHERE directory = $1)
    OR EXISTS (SELECT 1 FROM deletions WHERE directory = $1) OR EXISTS (SELECT 1 FROM archives WHERE directory = $1)
"""

_DELETE = "DELETE FROM directory_tags WHERE directory = $1"

_FIND = "SELECT directory FROM directory_tags WHERE tag = $1 ORDER BY directory"

_ALL = "SELECT '' AS server, directory FROM directory_tags ORDER BY directory"

_ALL_BY_SERVER = """
SELECT nodename || ':' || nodeport AS server, directory
FROM directory_tags JOIN pg_dist_shard_placement ON shardid = get_shard_id_for_distribution_column('images', directory)
ORDER BY server, directory
"""

_logger = logging.getLogger(__name__)

_T = TypeVar("_T")


def tag_of(secret: bytes, directory: str) -> bytes:
    """Return the tag of a directory. No name begins with NUL, so no photograph is hashed like this."""
    return hmac.digest(secret, b"\0" + directory.encode(), "sha256")[:_TAG_BYTES]


def tagged(secret: bytes, directory: str, rest: bytes) -> UUID:
    """Return the id that begins with the tag of the directory; the last 74 of its bits are from the 16 bytes `rest`."""
    number = int.from_bytes(tag_of(secret, directory) + rest[_TAG_BYTES:16])
    return UUID(int=number & ~(0xF << 76) & ~(0b11 << 62) | _VERSION << 76 | 0b10 << 62)


class TaggedIds:
    """Makes ids with tags, and finds the directories of ids. The secret is that of the installation."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._secret: bytes | None = None
        self._added: TTLCache[str, bool] = TTLCache(_MAX_REMEMBERED, _GOOD_SECONDS)
        self._found: TTLCache[int, list[str]] = TTLCache(_MAX_REMEMBERED, _GOOD_SECONDS)

    async def secret(self) -> bytes:
        """Return the secret of the installation from which names follow. Raises DatabaseUnavailable."""
        if self._secret is None:
            async with self._database.unbound() as connection:
                self._secret = bytes(await connection.fetchval(_READ_SECRET))
        return self._secret

    async def new_id(self, directory: str) -> UUID:
        """Return a random id that leads to the directory. Raises DatabaseUnavailable."""
        await self.add([directory])
        return tagged(await self.secret(), directory, uuid4().bytes)

    async def add(self, directories: Sequence[str]) -> None:
        """Let the tags of directories lead to them, before the first id with one is given away.

        A database that only reads is left as it is: what such an id belongs to is then looked for on all servers.
        Raises DatabaseUnavailable.
        """
        new = sorted({directory for directory in directories if directory not in self._added})
        if not new:
            return
        secret = await self.secret()
        tags = [int.from_bytes(tag_of(secret, directory)) for directory in new]
        try:
            async with self._database.unbound() as connection:
                await connection.execute(_ADD, new, tags)
        except DatabaseUnavailable as problem:
            if not is_read_only(problem):
                raise
        else:
            self._added.update(dict.fromkeys(new, True))

    async def directories(self, tagged_id: UUID) -> list[str]:
        """Return the directories that an id may belong to; none if it does not say. Raises DatabaseUnavailable."""
        if tagged_id.version != _VERSION:
            return []
        tag = int.from_bytes(tagged_id.bytes[:_TAG_BYTES])
        if found := self._found.get(tag):
            return found
        async with self._database.unbound(Share.READS) as connection:
            found = [row["directory"] for row in await connection.fetch(_FIND, tag)]
        if found:
            self._found[tag] = found
        return found

    async def everywhere(self, ask: Callable[[str | None], Awaitable[_T]]) -> AsyncIterator[_T]:
        """Yield what `ask` returns about all directories (None).

        If one of several servers does not answer, yield what it returns about each directory of the others. Raises
        DatabaseUnavailable if that is not known either.
        """
        try:
            yield await ask(None)
        except DatabaseUnavailable as outage:
            _logger.warning("Some directories are left to a later run: %s %r", outage.sentence, outage.__cause__)
            for directories in await self._by_server():
                async for answer in _as_far_as_possible(ask, directories):
                    yield answer

    async def _by_server(self) -> list[list[str]]:
        async with self._database.unbound() as connection:
            rows = await connection.fetch(_ALL_BY_SERVER if connection.is_distributed else _ALL)
        return [[row["directory"] for row in of_one] for _, of_one in groupby(rows, key=lambda row: row["server"])]

    async def tend(self) -> None:
        """Add the directories of before there were tags, and forget those of which nothing is left.

        Raises DatabaseUnavailable.
        """
        async for directories in self._pages(_EXISTING):
            await self.add(directories)
        async for directories in self._pages(_TAGGED):
            for directory in directories:
                async with self._database.connection() as connection:
                    if not await connection.fetchval(_IN_USE, directory):
                        await connection.execute(_DELETE, directory)

    async def _pages(self, statement: str) -> AsyncIterator[list[str]]:
        last = ""
        while True:
            async with self._database.connection() as connection:
                names = [row["directory"] for row in await connection.fetch(statement, last)]
            yield names
            if len(names) < _PAGE:
                return
            last = names[-1]


async def _as_far_as_possible(
    ask: Callable[[str | None], Awaitable[_T]], directories: Iterable[str]
) -> AsyncIterator[_T]:
    for directory in directories:
        try:
            answer = await ask(directory)
        except DatabaseUnavailable:  # the server that has them does not answer
            return
        yield answer
