"""What is in an archive that is to be imported: photographs in a folder for each person, or a bundle."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import IO
from zipfile import ZipFile

from apiserver.bundle import (
    FACES,
    FORMAT,
    MANIFEST,
    PERSONS,
    BundleFace,
    BundlePerson,
    Manifest,
    read_line,
    read_manifest,
)
from apiserver.database import Database
from apiserver.imports import Item
from apiserver.problems import ArchiveUnreadable, BundleInvalid
from apiserver.zip_files import people_files, read_member, reading_zip

_MOST_MANIFEST_BYTES = 1_000_000
_LINES_AT_ONCE = 500
_LONGEST_LINE = 65_537

# A person who is there already is left as they are; so is an external id that somebody else has.
_WRITE_PERSONS = """
WITH told AS (
    SELECT * FROM jsonb_to_recordset($2::jsonb) AS told (
        person text, display_name text, external_id text, metadata jsonb, created_at timestamptz,
        last_seen_at timestamptz
    )
), new_directory AS (
    INSERT INTO directories (directory) VALUES ($1) ON CONFLICT DO NOTHING
)
INSERT INTO persons (directory, person, display_name, external_id, metadata, created_at, last_seen_at)
SELECT $1, person, display_name,
    CASE WHEN EXISTS (SELECT FROM persons WHERE directory = $1 AND persons.external_id = told.external_id)
        THEN NULL ELSE external_id END,
    coalesce(metadata, '{}'), coalesce(created_at, now()), last_seen_at
FROM told ORDER BY person
ON CONFLICT DO NOTHING
"""


def find_manifest(archive: ZipFile) -> Manifest | None:
    """Return the manifest of a bundle, None where the archive is none. Raises BundleUnsupported or BundleInvalid."""
    info = archive.NameToInfo.get(MANIFEST)
    if info is None:
        return None
    content = read_member(archive, info, _MOST_MANIFEST_BYTES)
    try:
        told = json.loads(content)
    except ValueError:
        return None
    return read_manifest(content) if isinstance(told, dict) and told.get("format") == FORMAT else None


async def photographs(archive: ZipFile) -> AsyncIterator[Item]:
    """Yield the photographs of a folder tree."""
    files = await asyncio.to_thread(people_files, archive)
    for n, (person, info) in enumerate(files):
        yield Item(n, person, info.filename, {"member": info.filename})


async def bundled_faces(archive: ZipFile) -> AsyncIterator[Item]:
    """Yield the faces of a bundle. Raises BundleInvalid."""
    numbers = itertools.count()
    async for lines in _lines(archive, FACES):
        for line in lines:
            face = read_line(line, BundleFace, FACES)
            told = face.model_dump(mode="json", exclude_none=True)
            yield Item(next(numbers), face.person, face.name or face.image or str(face.face), {"face": told})


async def write_persons(archive: ZipFile, database: Database, directory: str) -> None:
    """Write the persons of a bundle, also those without a face; who is there already stays as they are."""
    async for lines in _lines(archive, PERSONS):
        persons = [read_line(line, BundlePerson, PERSONS).model_dump(mode="json") for line in lines]
        async with database.connection() as connection:
            await connection.execute(_WRITE_PERSONS, directory, json.dumps(persons))


async def _lines(archive: ZipFile, name: str) -> AsyncIterator[list[bytes]]:
    """Yield the lines of a file of the bundle, some at a time, so that no long file is ever in memory."""
    info = archive.NameToInfo.get(name)
    if info is None:
        raise BundleInvalid(f"The bundle has no {name}.")
    with reading_zip():
        file = archive.open(info)
    with file:
        while lines := await asyncio.to_thread(_some_lines, file):
            yield lines


def _some_lines(file: IO[bytes]) -> list[bytes]:
    def lines() -> Iterator[bytes]:
        while line := file.readline(_LONGEST_LINE):
            yield line

    try:
        with reading_zip():
            return [line for line in itertools.islice(lines(), _LINES_AT_ONCE) if line.strip()]
    except ArchiveUnreadable as error:
        raise BundleInvalid(f"The bundle is damaged: {error}") from error
