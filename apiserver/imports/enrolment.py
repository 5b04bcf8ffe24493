"""Enrols many faces at a time, and writes their outcomes in the same transaction."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from pgvector import HalfVector

from apiserver.access.limits import Quota
from apiserver.access.metering import spend
from apiserver.audit import records as audit
from apiserver.biometrics.face import Face, FaceOrigin
from apiserver.consent import ENROLLABLE
from apiserver.database.pool import Database
from apiserver.database.session import Connection
from apiserver.directories.lock import ENTER, attempts
from apiserver.directories.records import make_directory
from apiserver.encryption.crops import encrypted_crop
from apiserver.encryption.keys import DirectoryKeys, hold
from apiserver.encryption.sealing import DataKey
from apiserver.enrolment.warnings import EnrolmentWarning
from apiserver.imports.records import Import, ItemOutcome, Outcome, write_outcomes
from apiserver.problems import ConsentMissing, DatabaseBusy, DirectoryBusy

# Deleting or renaming a person also changes their items that wait to be enrolled, and is waited for here.
_LOCK = "SELECT n, person FROM import_items WHERE directory = $1 AND job = $2 AND n = ANY ($3) ORDER BY n FOR UPDATE"

_WITHOUT_CONSENT = f"""
SELECT person FROM unnest($2::text[]) AS item (person) WHERE NOT {ENROLLABLE.format(person="item.person")}
"""  # noqa: S608

# As in `apiserver.enrolment.gallery`, for any number of faces. The persons are changed in the order of their names.
_MAKE_PERSONS = """
INSERT INTO persons AS added (directory, person, face_count)
SELECT $1, * FROM unnest($2::text[], $3::bigint[]) AS item (person, face_count) ORDER BY person
ON CONFLICT DO NOTHING RETURNING added.person
"""

_TAKEN = "SELECT face FROM faces WHERE directory = $1 AND face = ANY ($2::uuid[])"

_ENROL = """
INSERT INTO faces AS added (
    directory, person, image_sha256, model, embedding, crop, box, score, image, face, created_at, quality,
    recognizability, origin, crop_key
)
SELECT $1, person, image_sha256, model, embedding, crop, box::integer[], score, image, face,
    coalesce(created_at, now()), quality, recognizability, origin, crop_key
FROM unnest(
    $2::text[], $3::bytea[], $4::text[], $5::halfvec[], $6::bytea[], $7::text[], $8::float8[], $9::text[],
    $10::uuid[], $11::timestamptz[], $12::jsonb[], $13::real[], $14::text[], $15::uuid[]
) AS item (
    person, image_sha256, model, embedding, crop, box, score, image, face, created_at, quality, recognizability,
    origin, crop_key
)
ON CONFLICT DO NOTHING
RETURNING added.person, added.image_sha256, added.model, added.image
"""

_COUNT = """
INSERT INTO persons (directory, person, face_count)
SELECT $1, * FROM unnest($2::text[], $3::bigint[]) AS item (person, face_count) ORDER BY person
ON CONFLICT (directory, person) DO UPDATE SET face_count = persons.face_count + excluded.face_count
"""

_KEEP_IMAGES = "UPDATE images SET expires_at = NULL, deletion = NULL WHERE directory = $1 AND image = ANY ($2::text[])"

# Known faces that were imported without their photographs get them now.
_ADD_IMAGES = """
WITH changed AS (
    UPDATE faces SET image = item.image
    FROM unnest($2::text[], $3::bytea[], $4::text[], $5::text[]) AS item (person, image_sha256, model, image)
    WHERE faces.directory = $1 AND faces.person = item.person AND faces.image_sha256 = item.image_sha256
    AND faces.model = item.model AND faces.image IS NULL AND item.image IS NOT NULL
    RETURNING faces.image
)
UPDATE images SET expires_at = NULL, deletion = NULL
WHERE directory = $1 AND image = ANY (ARRAY(SELECT image FROM changed))
"""

_ENROLLED = """
SELECT person, image_sha256, model, face FROM faces
JOIN unnest($2::text[], $3::bytea[], $4::text[]) AS item (person, image_sha256, model)
USING (person, image_sha256, model)
WHERE directory = $1
"""


class Exported(NamedTuple):
    """The id of a face in the directory it was exported from, and when it was enrolled there."""

    face: UUID | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class NewFace:
    """A face of item `n` to enrol.

    sha256: digest of its photograph. image: the key of the photograph, if it is kept. quality: measurements, as JSON.
    warnings: doubts about the photograph or the embedding.
    """

    n: int
    person: str
    face: Face
    model: str
    sha256: bytes
    image: str | None
    exported: Exported
    origin: FaceOrigin
    quality: str | None = None
    warnings: Sequence[EnrolmentWarning] = ()

    @property
    def identity(self) -> tuple[str, bytes, str]:
        """What identifies the face within the directory."""
        return self.person, self.sha256, self.model


async def without_consent(connection: Connection, directory: str, persons: Collection[str]) -> set[str]:
    """Return those of the persons whose faces the directory does not let be enrolled."""
    rows = await connection.fetch(_WITHOUT_CONSENT, directory, list(persons)) if persons else []
    return {row["person"] for row in rows}


def refusal(n: int) -> ItemOutcome:
    """Return the outcome of an item whose person lacks a consent."""
    return ItemOutcome(n, Outcome.REFUSED, None, ConsentMissing.code, ConsentMissing().sentence)


async def enrol_all(
    database: Database,
    import_: Import,
    faces: Sequence[NewFace],
    others: Sequence[ItemOutcome],
    *,
    keys: DirectoryKeys | None = None,
    image_keys: Collection[UUID] = (),
) -> list[ItemOutcome]:
    """Enrol the faces, and write their outcomes and the `others`, all or nothing; return all outcomes.

    image_keys: those that encrypt the photographs. Raises DatabaseUnavailable, KeyUnavailable, DirectoryBusy while
    enrolments are excluded from the directory, or DatabaseBusy if an image, a person or a key was deleted concurrently,
    or the id of a face was taken.
    """
    key = await keys.in_use(import_.directory) if keys and faces else None
    positions = [*(face.n for face in faces), *(outcome.n for outcome in others)]
    async for _ in attempts(database.timeout_seconds):
        async with database.connection() as connection, connection.transaction():
            if not await connection.fetchval(ENTER, import_.directory):
                continue
            await hold(connection, import_.directory, {*image_keys, *([key.key_id] if key else [])})
            person_of = {row["n"]: row["person"] for row in await connection.fetch(_LOCK, *import_, positions)}
            remaining = [replace(face, person=person_of[face.n]) for face in faces if face.n in person_of]
            persons = {face.person for face in remaining}
            refused = await without_consent(connection, import_.directory, persons)
            admitted = [face for face in remaining if face.person not in refused]
            enrolled = await _enrol(connection, import_.directory, admitted, key)
            outcomes = [*enrolled, *(refusal(f.n) for f in remaining if f.person in refused), *others]
            await write_outcomes(connection, import_, outcomes)
            await _record(connection, import_, remaining, outcomes)
        _spend(faces, outcomes)
        return outcomes
    raise DirectoryBusy


async def _record(
    connection: Connection, import_: Import, faces: Sequence[NewFace], outcomes: Sequence[ItemOutcome]
) -> None:
    await audit.record(
        connection,
        directory=import_.directory,
        persons=sorted({face.person for face in faces}),
        object_=import_.job,
        counts=Counter(str(outcome.outcome) for outcome in outcomes),
    )


async def _enrol(
    connection: Connection, directory: str, faces: Sequence[NewFace], key: DataKey | None
) -> list[ItemOutcome]:
    if not faces:
        return []
    created = await _add(connection, directory, faces, key)
    identities = [list(column) for column in zip(*(face.identity for face in faces), strict=True)]
    if len(created) < len(faces):
        await connection.execute(_ADD_IMAGES, directory, *identities, [face.image for face in faces])
    ids = {tuple(row)[:3]: row["face"] for row in await connection.fetch(_ENROLLED, directory, *identities)}
    if any(face.identity not in ids for face in faces):
        raise DatabaseBusy  # another face got the id of one just now
    outcomes = []
    for face in faces:
        outcome = Outcome.CREATED if face.identity in created else Outcome.KNOWN
        created.discard(face.identity)  # a second face with this identity is known
        outcomes.append(ItemOutcome(face.n, outcome, ids[face.identity], warnings=face.warnings))
    return outcomes


async def _add(
    connection: Connection, directory: str, faces: Sequence[NewFace], key: DataKey | None
) -> set[tuple[str, bytes, str]]:
    """Add those of the faces that are new, and return their identities."""
    await make_directory(connection, directory)
    counted = Counter(person for person, *_ in {face.identity for face in faces})
    made = await connection.fetch(_MAKE_PERSONS, directory, *_names_and_numbers(counted))
    ids = await _ids(connection, directory, faces)
    added = await connection.fetch(_ENROL, directory, *_columns(directory, faces, ids, key))
    created = Counter(row["person"] for row in added)
    created.subtract({row["person"]: counted[row["person"]] for row in made})
    if uncounted := {person: number for person, number in created.items() if number}:
        await connection.execute(_COUNT, directory, *_names_and_numbers(uncounted))
    if images := [row["image"] for row in added if row["image"]]:
        await connection.execute(_KEEP_IMAGES, directory, images)
    return {(row["person"], row["image_sha256"], row["model"]) for row in added}


async def _ids(connection: Connection, directory: str, faces: Sequence[NewFace]) -> list[UUID]:
    """Return an id for each face: its original one, unless the directory or an earlier one of these has it."""
    original = [face.exported.face for face in faces if face.exported.face]
    taken = {row["face"] for row in await connection.fetch(_TAKEN, directory, original)} if original else set()
    ids = []
    for face in faces:
        kept = face.exported.face
        ids.append(uuid4() if kept is None or kept in taken else kept)
        taken.add(ids[-1])
    return ids


def _names_and_numbers(counts: Mapping[str, int]) -> tuple[list[str], list[int]]:
    return list(counts.keys()), list(counts.values())


def _spend(faces: Sequence[NewFace], outcomes: Sequence[ItemOutcome]) -> None:
    created = {outcome.n for outcome in outcomes if outcome.outcome is Outcome.CREATED}
    spend(Quota.STORED_FACES, len(created))
    spend(Quota.STORED_BYTES, sum(len(face.face.crop or b"") for face in faces if face.n in created))


def _columns(directory: str, faces: Sequence[NewFace], ids: Sequence[UUID], key: DataKey | None) -> list[list[object]]:
    crops = (encrypted_crop(key, directory, face.sha256, face.face.box, face.face.crop) for face in faces)
    rows = (
        (
            *face.identity,
            HalfVector(face.face.embedding),
            stored.crop,
            "{" + ",".join(map(str, face.face.box)) + "}",
            face.face.score,
            face.image,
            id_,
            face.exported.created_at,
            face.quality,
            face.face.recognizability,
            face.origin,
            stored.key_id,
        )
        for face, id_, stored in zip(faces, ids, crops, strict=True)
    )
    return [list(column) for column in zip(*rows, strict=True)]
