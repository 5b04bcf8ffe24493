"""Planning of an import: list the items of an archive, which is a folder for each person or a bundle."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import IO
from zipfile import ZipFile

from pydantic_core import from_json

from apiserver.bundles.format import (
    FACES,
    FORMAT,
    MANIFEST,
    MAX_MANIFEST_BYTES,
    PERSONS,
    BundleFace,
    BundlePerson,
    Manifest,
    read_line,
    read_manifest,
)
from apiserver.bundles.zip_reading import read_member, reading_zip
from apiserver.consent import COLUMNS as CONSENT
from apiserver.consent import FROM_JSON
from apiserver.database.pool import Database
from apiserver.database.session import Connection
from apiserver.directories.lock import ENTER, attempts
from apiserver.directories.records import make_directory
from apiserver.imports import records as imports
from apiserver.imports.records import Import, Item, ItemOutcome, Outcome
from apiserver.names import MAX_NAME
from apiserver.problems import ArchiveUnreadable, ArchiveWithoutPeople, BundleInvalid, DirectoryBusy, ImageTooLarge
from serving.layout import Placed, layout_of

_MAX_SECONDS = 600
_LINES_AT_ONCE = 500
_MAX_LINE = 65_537
_SKIPPED_AT_ONCE = 1_000
"""Outcomes of one statement, so that it ends well within its timeout, however many files an archive has."""

# Persons, or a directory, deleted after the upload stay deleted.
_ERASED = """
SELECT erased FROM imports JOIN archives USING (directory, job) WHERE imports.directory = $1 AND imports.job = $2
AND archives.directory = $1
"""

# Existing persons and external ids stay unchanged.
_WRITE_PERSONS = f"""
INSERT INTO persons
    (directory, person, display_name, external_id, metadata, created_at, last_seen_at, restricted, {CONSENT})
SELECT $1, person, display_name,
    CASE WHEN EXISTS (SELECT FROM persons WHERE directory = $1 AND persons.external_id = bundled.external_id)
        THEN NULL ELSE external_id END,
    coalesce(metadata, '{{}}'), coalesce(created_at, now()), last_seen_at, coalesce(restricted, false),
    {FROM_JSON}
FROM jsonb_to_recordset($2::jsonb) AS bundled (
    person text, display_name text, external_id text, metadata jsonb, created_at timestamptz,
    last_seen_at timestamptz, consent jsonb, restricted boolean
)
WHERE person <> ALL ($3::text[]) ORDER BY person
ON CONFLICT DO NOTHING
"""  # noqa: S608

_PLANNED = "UPDATE imports SET planned = true WHERE directory = $1 AND job = $2 RETURNING true"

_DELETE_ERASED = """
DELETE FROM import_items WHERE directory = $1 AND job = $2
AND (NOT $3 OR person IN (SELECT unnest(erased) FROM archives WHERE directory = $1 AND job = $2))
"""


def find_manifest(archive: ZipFile) -> Manifest | None:
    """Return the manifest of a bundle; None if it is not a bundle. Raises BundleUnsupported or BundleInvalid."""
    info = archive.NameToInfo.get(MANIFEST)
    if info is None:
        return None
    try:
        content = read_member(archive, info, MAX_MANIFEST_BYTES)
        manifest = from_json(content)
    except (ImageTooLarge, ValueError) as error:
        if {PERSONS, FACES} <= archive.NameToInfo.keys():
            raise BundleInvalid(f"{MANIFEST} is not a JSON object of at most {MAX_MANIFEST_BYTES:,} bytes.") from error
        return None
    return read_manifest(content) if isinstance(manifest, dict) and manifest.get("format") == FORMAT else None


async def plan(archive: ZipFile, manifest: Manifest | None, database: Database, import_: Import) -> None:
    """Write the items of an import and, for a bundle, its persons. Raises BundleInvalid or ArchiveWithoutPeople.

    Concurrent deletions cannot see the uncommitted items, so items of persons deleted since the upload are deleted at
    the end, under the lock of the directory; from then until the commit, deletions wait.
    """
    if manifest:
        await _write_persons(archive, database, import_)
    async with database.connection() as connection, connection.transaction():
        if manifest:
            async for items in _bundled_faces(archive):
                await imports.add_items(connection, import_, items)
        else:
            await _add_photographs(connection, archive, import_)
        await _wait_for_deletions(connection, import_.directory)
        exists = bool(await connection.fetchval(_PLANNED, *import_))
        await connection.execute(_DELETE_ERASED, *import_, exists, timeout=_MAX_SECONDS)


async def _wait_for_deletions(connection: Connection, directory: str) -> None:
    """Wait for running deletions; later ones wait until the transaction ends. Raises DirectoryBusy."""
    async for _ in attempts(_MAX_SECONDS):
        if await connection.fetchval(ENTER, directory):
            return
    raise DirectoryBusy


async def _add_photographs(connection: Connection, archive: ZipFile, import_: Import) -> None:
    """Write the photographs of a folder tree as items, and after them the other files, which are skipped."""
    layout = await asyncio.to_thread(layout_of, archive.NameToInfo)
    if problem := layout.problem("The archive"):
        raise ArchiveWithoutPeople(problem)
    files: list[Placed] = [*layout.photographs, *layout.skipped]
    # A longer name is refused later; PostgreSQL could not index it.
    items = (Item(n, file.person[: MAX_NAME + 1], file.path, {"member": file.path}) for n, file in enumerate(files))
    await imports.add_items(connection, import_, items)
    skipped = enumerate(layout.skipped, len(layout.photographs))
    outcomes = (ItemOutcome(n, Outcome.SKIPPED, None, file.code, file.reason) for n, file in skipped)
    while batch := list(itertools.islice(outcomes, _SKIPPED_AT_ONCE)):
        await imports.write_outcomes(connection, import_, batch)


async def _bundled_faces(archive: ZipFile) -> AsyncIterator[list[Item]]:
    """Yield the faces of a bundle as items, in batches."""
    positions = itertools.count()
    async for lines in _lines(archive, FACES):
        yield [_face_item(next(positions), read_line(line, BundleFace, FACES)) for line in lines]


async def _write_persons(archive: ZipFile, database: Database, import_: Import) -> None:
    """Write the persons of a bundle, including those without a face; existing persons stay unchanged."""
    async for lines in _lines(archive, PERSONS):
        persons = [read_line(line, BundlePerson, PERSONS).model_dump(mode="json") for line in lines]
        async with database.connection() as connection, connection.transaction():
            await _wait_for_deletions(connection, import_.directory)
            if (erased := await connection.fetchval(_ERASED, *import_)) is not None:
                await make_directory(connection, import_.directory)
                await connection.execute(_WRITE_PERSONS, import_.directory, json.dumps(persons), erased)


def _face_item(n: int, face: BundleFace) -> Item:
    source = {"face": face.model_dump(mode="json", exclude_none=True)}
    return Item(n, face.person, face.name or face.image or str(face.face), source)


async def _lines(archive: ZipFile, name: str) -> AsyncIterator[list[bytes]]:
    """Yield the lines of a file of the bundle in batches, so that a long file is never in memory as a whole."""
    info = archive.NameToInfo.get(name)
    if info is None:
        raise BundleInvalid(f"The bundle has no {name}.")
    with reading_zip():
        file = await asyncio.to_thread(archive.open, info)
    with file:
        while lines := await asyncio.to_thread(_some_lines, file):
            yield lines


def _some_lines(file: IO[bytes]) -> list[bytes]:
    def lines() -> Iterator[bytes]:
        while line := file.readline(_MAX_LINE):
            yield line

    try:
        with reading_zip():
            return [line for line in itertools.islice(lines(), _LINES_AT_ONCE) if line.strip()]
    except ArchiveUnreadable as error:
        raise BundleInvalid(f"The bundle is damaged: {error}") from error
