"""Searches every table, index, statistic and object for remaining data of a deleted person."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

_OF_PERSON = """
SELECT person, display_name, external_id FROM persons WHERE person = $1
"""
_OF_FACES = """
SELECT face::text, embedding::text, code::text, encode(crop, 'hex'), image, encode(image_sha256, 'hex')
FROM faces WHERE person = $1
"""
_OF_PHOTOGRAPHS = """
SELECT image, encode(sha256, 'hex') FROM images JOIN matched_images USING (directory, image) WHERE person = $1
"""
_TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
_STATISTICS = "SELECT tablename, stats::text FROM pg_stats AS stats WHERE schemaname = 'public'"
_INDEXES = """
SELECT indexes.oid::regclass::text AS index, indexes.reltuples::bigint AS entries, tables.oid::regclass::text AS name
FROM pg_index JOIN pg_class AS indexes ON indexes.oid = indexrelid JOIN pg_class AS tables ON tables.oid = indrelid
WHERE tables.relnamespace = 'public'::regnamespace AND tables.relkind = 'r' AND tables.reltuples > 0
"""


class Traces:
    """The data of a person in one installation. photographs: those that show the person."""

    def __init__(self, dsn: str, objects: Path, person: str, photographs: Iterable[Path]) -> None:
        self._dsn = dsn
        self._objects = objects
        self._person = person
        self._photographs = photographs
        self._needles: set[str] = set()

    async def remember(self) -> None:
        """Record all data of the person, and check that the search finds each part of it."""
        async with self._connected() as connection:
            for query in (_OF_PERSON, _OF_FACES, _OF_PHOTOGRAPHS):
                self._needles.update(value for row in await connection.fetch(query, self._person) for value in row)
            assert len(self._needles) == 3 + 6 + 2, self._needles
            found = await self._in_tables(connection, self._needles)
            assert {needle for _, needle in found} == self._needles
        assert len(self._in_objects()) == 2

    async def left(self) -> list[Any]:
        """Return the remaining data and their places, after the vacuum that autovacuum would run later."""
        async with self._connected() as connection:
            await connection.execute("VACUUM (ANALYZE, INDEX_CLEANUP ON)")
            return [
                *await self._in_tables(connection, self._needles),
                *await self._in_statistics(connection),
                *await _in_indexes(connection),
                *self._in_objects(),
            ]

    async def _in_tables(self, connection: Any, needles: Iterable[str]) -> list[tuple[str, str]]:
        found = []
        for [table] in await connection.fetch(_TABLES):
            for needle in needles:
                query = f"SELECT count(*) FROM {table} AS rows WHERE strpos(rows::text, $1) > 0"  # noqa: S608 - of the catalog
                if await connection.fetchval(query, needle):
                    found.append((table, needle))
        return found

    async def _in_statistics(self, connection: Any) -> list[tuple[str, str]]:
        rows = await connection.fetch(
            "SELECT tablename, stats::text FROM pg_stats AS stats WHERE schemaname = 'public'"
        )
        return [(table, needle) for table, row in rows for needle in self._needles if needle in row]

    def _in_objects(self) -> list[str]:
        contents: Sequence[bytes] = [path.read_bytes() for path in self._photographs]
        files = [path for path in self._objects.rglob("*") if path.is_file()]
        return [str(file) for file in files for content in contents if content in file.read_bytes()]

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(self._dsn)
        try:
            yield connection
        finally:
            await connection.close()


async def _in_indexes(connection: Any) -> list[tuple[str, int, int]]:
    """Return the indexes that have more entries than their tables have rows."""
    counted = [
        (row["index"], row["entries"], await connection.fetchval(f"SELECT count(*) FROM {row['name']}"))  # noqa: S608
        for row in await connection.fetch(_INDEXES)
    ]
    assert any(index.startswith("persons") and entries == rows for index, entries, rows in counted)
    assert any(index.startswith("faces") and entries == rows for index, entries, rows in counted)
    return [one for one in counted if one[1] > one[2]]
