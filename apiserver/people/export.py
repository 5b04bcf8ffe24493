"""All data of a person as members of a zip file, read while the file is sent."""

import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from apiserver.bundles.zip_writing import Member, whole
from apiserver.consent import COLUMNS as CONSENT
from apiserver.consent import Consent
from apiserver.database.pool import Database, Share
from apiserver.encryption.crops import decrypted_crop
from apiserver.people.records import Person
from apiserver.problems import FileNotFound
from apiserver.storage.images import ImageStore
from apiserver.turns import taking_turns

_AT_ONCE = 100
"""Faces read per statement, of about 10 kB each."""
_FIRST = UUID(int=0)

# Includes the faces that a merge deleted as duplicates; they are stored to undo it.
_FACES = """
SELECT face, model, box, score, quality, recognizability, origin, image, created_at, embedding, crop, crop_key,
    image_sha256 FROM (
    SELECT face, model, box, score, quality, recognizability, origin, image, created_at, embedding, crop, crop_key,
        image_sha256
    FROM faces WHERE directory = $1 AND person = $2
    UNION ALL
    SELECT duplicate.face, duplicate.model, duplicate.box, duplicate.score, duplicate.quality,
        duplicate.recognizability, duplicate.origin, kept.image, duplicate.created_at, duplicate.embedding,
        duplicate.crop, duplicate.crop_key, duplicate.image_sha256
    FROM collapsed_faces AS duplicate, merges, faces AS kept
    WHERE merges.directory = $1 AND merges.person = $2 AND duplicate.directory = $1 AND duplicate.merge = merges.merge
    AND kept.directory = $1 AND kept.face = duplicate.kept_face
) AS kept
WHERE face > $3 ORDER BY face LIMIT $4
"""
_MERGES = f"""
SELECT merge, merged_at, undone_at, merged.person, display_name, external_id, metadata, created_at, last_seen_at,
    restricted, {CONSENT}
FROM merges LEFT JOIN merged_persons AS merged USING (directory, merge)
WHERE directory = $1 AND merges.person = $2 ORDER BY merged_at, merge, merged.person
"""
_DOUBTS = """
SELECT face, code, other, value, threshold AS limit, found_at, dismissed_at FROM face_warnings
WHERE directory = $1 AND person = $2 ORDER BY found_at, face, code
"""
_LOOKALIKES = """
SELECT CASE WHEN person = $2 THEN other ELSE person END AS other, similarity, found_at, dismissed_at FROM lookalikes
WHERE directory = $1 AND (person = $2 OR other = $2) ORDER BY found_at, other
"""
_MATCHED = "SELECT image FROM matched_images WHERE directory = $1 AND person = $2 ORDER BY image"

_logger = logging.getLogger(__name__)


async def person_members(database: Database, images: ImageStore, person: Person) -> AsyncIterator[Member]:
    """Yield `person.json`, the description (with embedding) and crop of each face, and each photograph once.

    Raises DatabaseUnavailable or ImageStoreUnavailable, possibly after some members.
    """
    async with database.connection(Share.READS) as connection:
        merges = await connection.fetch(_MERGES, person.directory, person.person)
        matched = [row["image"] for row in await connection.fetch(_MATCHED, person.directory, person.person)]
        doubts = {
            "warnings": list(map(dict, await connection.fetch(_DOUBTS, person.directory, person.person))),
            "lookalikes": list(map(dict, await connection.fetch(_LOOKALIKES, person.directory, person.person))),
        }
    yield Member("person.json", _described_person(person, merges, {"recognized_on": matched, **doubts}))
    photographs = set(matched)
    async for face in _faces(database, person):
        if face["image"]:
            photographs.add(face["image"])
        yield _json_member(f"faces/{face['face']}.json", _face(face))
        yield Member(f"crops/{face['face']}.jpg", whole(await decrypted_crop(images.keys, person.directory, face)))
    for key in sorted(photographs):
        try:
            stored = await images.open(key, admits=person.directory.__eq__)
        except FileNotFound:
            _logger.info("%s was deleted during the export", key)
        else:
            yield Member(f"images/{key}", stored.chunks)


async def _faces(database: Database, person: Person) -> AsyncIterator[Mapping[str, Any]]:
    last = _FIRST
    while True:
        async with database.connection(Share.READS) as connection:
            rows = await connection.fetch(_FACES, person.directory, person.person, last, _AT_ONCE)
        for row in rows:
            yield row
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1]["face"]


async def _described_person(
    person: Person, merges: list[Mapping[str, Any]], known: Mapping[str, object]
) -> AsyncIterator[bytes]:
    """Yield a person's details and merges as JSON, and what else is `known`.

    Others get their turn between the merges, each of which may have much metadata.
    """
    described = {
        "directory": person.directory,
        "person": person.person,
        "display_name": person.details.display_name,
        "external_id": person.details.external_id,
        "metadata": person.details.metadata,
        "consent": person.details.consent,
        "restricted": person.details.restricted,
        "created_at": person.created_at,
        "updated_at": person.updated_at,
        "last_seen_at": person.last_seen_at,
        "revision": person.revision,
        **known,
    }
    yield to_json(described, indent=1).removesuffix(b"\n}") + b',\n "merges": ['
    separator = b"\n"
    async for row in taking_turns(merges):
        yield separator + to_json(_merge(row))
        separator = b",\n"
    yield b"]\n}"


def _merge(row: Mapping[str, Any]) -> dict[str, Any]:
    described = {name: value for name, value in row.items() if not name.startswith("consent_")}
    return described | {"metadata": json.loads(row["metadata"] or "null"), "consent": Consent.of(row)}


def _face(row: Mapping[str, Any]) -> dict[str, Any]:
    described = {
        name: row[name]
        for name in ("face", "model", "box", "score", "recognizability", "origin", "image", "created_at")
    }
    quality = json.loads(row["quality"] or "null")
    return described | {"quality": quality, "embedding": row["embedding"].to_list()}


def _json_member(name: str, values: dict[str, Any]) -> Member:
    return Member(name, whole(to_json(values, indent=1)))
