"""Rows of keys and their SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hmac import compare_digest
from json import dumps, loads
from typing import Any

from apiserver.access.grants import Grant, Reach
from apiserver.access.scopes import Scope
from apiserver.audit import records as audit
from apiserver.database.session import Connection
from apiserver.keys.secrets import hash_of, new_id, new_text
from apiserver.keys.uuid_keys import digest_of, new_uuid_text
from apiserver.problems import InvalidField, KeyNotFound, RightLost

CHANGED = "faceserver_keys"
"""The channel on which the database tells the ids of keys that changed."""

DEFAULT_OVERLAP = timedelta(days=1)
"""How long the text before a rotation works."""

_COLUMNS = """id, kind, name, note, scopes, everywhere, names, prefixes, limits, created_at, created_by, expires_at,
    revoked_at, last_used_at, previous_until, hash, previous_hash"""

_READ_BEARER = f"SELECT {_COLUMNS} FROM keys WHERE id = $1 AND kind = 'bearer'"
_READ_UUID = f"SELECT {_COLUMNS} FROM keys WHERE kind = 'uuid' AND (hash = $1 OR previous_hash = $1)"
_READ_PAIR = f"SELECT {_COLUMNS}, encrypted_secret FROM keys WHERE id = $1 AND kind = 'pair'"
_READ = f"SELECT {_COLUMNS} FROM keys WHERE id = $1"

_CREATE = f"""
INSERT INTO keys (id, name, note, scopes, everywhere, names, prefixes, expires_at, limits, hash, created_by, kind)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING {_COLUMNS}
"""

_CREATE_PAIR = f"""
INSERT INTO keys (
    id, name, note, scopes, everywhere, names, prefixes, expires_at, limits, created_by, kind, encrypted_secret
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pair', $11) RETURNING {_COLUMNS}
"""

_CHANGE = f"""
UPDATE keys SET name = $2, note = $3, scopes = $4, everywhere = $5, names = $6, prefixes = $7, expires_at = $8,
    limits = $9
WHERE id = $1 RETURNING {_COLUMNS}
"""

_REVOKE = f"UPDATE keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING {_COLUMNS}"

_ROTATE = f"""
UPDATE keys SET hash = $2, previous_hash = hash, previous_until = now() + $3::interval
WHERE id = $1 AND revoked_at IS NULL RETURNING {_COLUMNS}
"""

# In SQL, because a page must not be shorter, nor disclose more pages, for keys that the caller may not see.
_PAGE = f"""
SELECT {_COLUMNS} FROM keys
WHERE id > $1 AND scopes <@ $2 AND ($3 OR NOT everywhere
    AND NOT EXISTS (
        SELECT FROM unnest(names) AS name
        WHERE name <> ALL ($4::text[]) AND NOT EXISTS (SELECT FROM unnest($5::text[]) AS p WHERE starts_with(name, p))
    )
    AND NOT EXISTS (
        SELECT FROM unnest(prefixes) AS name
        WHERE NOT EXISTS (SELECT FROM unnest($5::text[]) AS p WHERE starts_with(name, p))
    ))
ORDER BY id LIMIT $6
"""

_USABLE = """
SELECT EXISTS (SELECT FROM keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))
"""

_USABLE_IDS = """
SELECT id FROM keys
WHERE kind = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) LIMIT $1
"""

_USABLE_DIGESTS = """
SELECT encode(digest, 'hex') AS id FROM keys, unnest(ARRAY[hash, previous_hash]) AS digest
WHERE kind = 'uuid' AND digest IS NOT NULL AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
LIMIT $1
"""
_PAIRS = "SELECT id, encrypted_secret FROM keys WHERE kind = 'pair' AND id > $1 ORDER BY id LIMIT $2"
_REWRAP = "UPDATE keys SET encrypted_secret = $3 WHERE id = $1 AND encrypted_secret = $2"

# Deletions are completed regardless of the key that started them.
_CANCEL_WAITING = """
WITH waiting AS (
    SELECT number FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = number
    WHERE subject = $1 AND task_name IN ('import', 'export') AND status = 'todo' FOR UPDATE OF queue
), told AS (
    UPDATE jobs SET problem_code = $2, problem = $3 FROM waiting WHERE jobs.number = waiting.number
)
SELECT procrastinate_cancel_job_v1(number, false, false) FROM waiting
"""

_USED = """
UPDATE keys SET last_used_at = date_trunc('minute', now())
WHERE id = ANY ($1) AND (last_used_at IS NULL OR last_used_at < date_trunc('minute', now()))
"""


class Kind(StrEnum):
    """How callers prove that they have a key.

    By its text; by a UUID, as clients of CompreFace do; by signatures with its secret, which is not sent, as clients of
    Amazon Rekognition do.
    """

    BEARER = "bearer"
    UUID = "uuid"
    PAIR = "pair"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a key is to be made of, or changed to. kind: of a new key."""

    name: str
    scopes: frozenset[Scope]
    reach: Reach
    note: str | None = None
    expires_at: datetime | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    kind: Kind = Kind.BEARER

    @property
    def columns(self) -> tuple[object, ...]:
        """The values of the columns `name` to `limits`."""
        names, prefixes = sorted(self.reach.names), sorted(self.reach.prefixes)
        reach = (self.reach.everywhere, names, prefixes)
        return (self.name, self.note, sorted(self.scopes), *reach, self.expires_at, dumps(dict(self.limits)))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A key, without its text. previous_until: when the text before the last rotation stops working."""

    id: str
    kind: str
    name: str
    note: str | None
    scopes: frozenset[Scope]
    reach: Reach
    limits: Mapping[str, float]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    previous_until: datetime | None
    hash: bytes | None = field(repr=False)  # None for a pair
    previous_hash: bytes | None = field(repr=False)

    def admits(self, hashed: bytes, now: datetime) -> bool:
        """Tell whether the text with this hash works at this moment."""
        if not self.is_usable(now) or self.hash is None:
            return False
        if compare_digest(self.hash, hashed):
            return True
        before, until = self.previous_hash, self.previous_until
        return before is not None and until is not None and now < until and compare_digest(before, hashed)

    def is_usable(self, now: datetime) -> bool:
        """Tell whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def grant(self) -> Grant:
        """What a caller with this key may do."""
        limits = dict(self.limits)
        return Grant(
            f"key:{self.id}", self.scopes, self.reach, self.id, limits, name=self.name, expires_at=self.expires_at
        )


async def create(connection: Connection, wanted: Wanted, created_by: str) -> tuple[KeyRecord, str]:
    """Store a new key; return it and its text, which cannot be read again."""
    key_id = new_id()
    text, hashed = _new_text(key_id, wanted.kind)
    async with connection.transaction():
        row = await connection.fetchrow(_CREATE, key_id, *wanted.columns, hashed, created_by, wanted.kind)
        return await _changed(connection, _record(row)), text


async def create_pair(connection: Connection, key_id: str, wanted: Wanted, secret: bytes, created_by: str) -> KeyRecord:
    """Store a new pair; secret: encrypted, as `pairs` writes it."""
    async with connection.transaction():
        row = await connection.fetchrow(_CREATE_PAIR, key_id, *wanted.columns, created_by, secret)
        return await _changed(connection, _record(row))


async def change(connection: Connection, key_id: str, wanted: Wanted) -> KeyRecord:
    """Change a key that exists."""
    async with connection.transaction():
        return await _changed(connection, _record(await connection.fetchrow(_CHANGE, key_id, *wanted.columns)))


async def find(connection: Connection, key_id: str, *, lock: bool = False) -> KeyRecord | None:
    """Return a key, None if there is none with this id. lock: until the end of the transaction."""
    row = await connection.fetchrow(f"{_READ} FOR UPDATE" if lock else _READ, key_id)
    return _record(row) if row else None


async def find_bearer(connection: Connection, key_id: str) -> KeyRecord | None:
    """Return the key with this id whose text callers send, None if there is none."""
    row = await connection.fetchrow(_READ_BEARER, key_id)
    return _record(row) if row else None


async def find_by_digest(connection: Connection, digest: str) -> KeyRecord | None:
    """Return the UUID key with this digest, in hexadecimal digits; None if there is none."""
    row = await connection.fetchrow(_READ_UUID, bytes.fromhex(digest))
    return _record(row) if row else None


async def find_pair(connection: Connection, key_id: str) -> tuple[KeyRecord, bytes] | None:
    """Return the pair with this id and its encrypted secret, None if there is none."""
    row = await connection.fetchrow(_READ_PAIR, key_id)
    if row is None:
        return None
    values = dict(row)
    secret: bytes = values.pop("encrypted_secret")
    return _record(values), secret


async def read(connection: Connection, key_id: str, grant: Grant, *, lock: bool = False) -> KeyRecord:
    """Return a key. Raises KeyNotFound, also for a key that may do more than the caller."""
    found = await find(connection, key_id, lock=lock)
    if found is None or not grant.includes(found.scopes, found.reach):
        raise KeyNotFound
    return found


async def page(
    connection: Connection, grant: Grant, limit: int, after: str | None
) -> tuple[list[KeyRecord], str | None]:
    """Return up to `limit` of the keys that may not do more than the caller, and the last id if more follow."""
    reach = grant.reach
    mine = (sorted(grant.scopes), reach.everywhere, sorted(reach.names), list(reach.prefixes))
    rows = await connection.fetch(_PAGE, after or "", *mine, limit + 1)
    found = [_record(row) for row in rows[:limit]]
    return found, found[-1].id if len(rows) > limit else None


async def revoke(connection: Connection, key_id: str, grant: Grant) -> KeyRecord:
    """Revoke a key for good, and cancel the jobs that wait for it; a second time changes nothing.

    The connection sees the jobs of all directories. Raises KeyNotFound.
    """
    async with connection.transaction():
        known = await read(connection, key_id, grant, lock=True)  # or two at once would both be entries of the audit
        revoked = _record(await connection.fetchrow(_REVOKE, key_id))
        await connection.fetch(_CANCEL_WAITING, revoked.grant.subject, RightLost.code, RightLost.sentence)
        return revoked if known.revoked_at else await _changed(connection, revoked)


async def rotate(connection: Connection, key_id: str, grant: Grant, overlap: timedelta) -> tuple[KeyRecord, str]:
    """Give a key a new text; the previous one works for another `overlap`.

    Raises KeyNotFound, also if it is revoked, ScopeMissing if its limits are above the caller's, or InvalidField for a
    pair.
    """
    async with connection.transaction():
        known = await read(connection, key_id, grant)
        if known.kind == Kind.PAIR:
            raise InvalidField(
                "The secret of an access key cannot be changed: make another access key, and revoke "
                "this one when it is not used any more."
            )
        grant.limited(known.limits)
        text, hashed = _new_text(key_id, known.kind)
        row = await connection.fetchrow(_ROTATE, key_id, hashed, overlap)
        if row is None:
            raise KeyNotFound
        return await _changed(connection, _record(row)), text


async def _changed(connection: Connection, key: KeyRecord) -> KeyRecord:
    """Record the change of a key: in the chain of its directory, if it has exactly one; return the key."""
    names = [] if key.reach.everywhere or key.reach.prefixes else [*key.reach.names]
    await audit.record(connection, directory=names[0] if len(names) == 1 else None, object_=key.id)
    return key


async def is_any_usable(connection: Connection) -> bool:
    """Tell whether any key works now."""
    return bool(await connection.fetchval(_USABLE))


async def usable_ids(connection: Connection, limit: int) -> frozenset[str]:
    """Return the ids of the keys that work now, of `limit` at most."""
    return frozenset(row["id"] for row in await connection.fetch(_USABLE_IDS, limit, Kind.BEARER))


async def usable_pairs(connection: Connection, limit: int) -> frozenset[str]:
    """Return the ids of the pairs that work now, of `limit` at most."""
    return frozenset(row["id"] for row in await connection.fetch(_USABLE_IDS, limit, Kind.PAIR))


async def page_of_secrets(connection: Connection, after: str, limit: int) -> list[tuple[str, bytes]]:
    """Return the ids of pairs after an id, and their encrypted secrets."""
    return [(row["id"], row["encrypted_secret"]) for row in await connection.fetch(_PAIRS, after, limit)]


async def replace_secret(connection: Connection, key_id: str, before: bytes, after: bytes) -> None:
    """Store the secret of a pair under another master key, unless it has changed since."""
    async with connection.transaction():
        await connection.execute(_REWRAP, key_id, before, after)
        await audit.record(connection, object_=key_id, counts={"rewrapped": 1})


async def usable_digests(connection: Connection, limit: int) -> frozenset[str]:
    """Return the digests of the UUID keys that work now, of `limit` at most."""
    return frozenset(row["id"] for row in await connection.fetch(_USABLE_DIGESTS, limit))


async def note_uses(connection: Connection, ids: list[str]) -> None:
    """Record that the keys were used, to the minute."""
    await connection.execute(_USED, ids)


def _new_text(key_id: str, kind: str) -> tuple[str, bytes]:
    """Return a new text of a key, and what is stored of it."""
    if kind == Kind.UUID:
        text = new_uuid_text()
        return text, digest_of(text)
    text = new_text(key_id)
    return text, hash_of(text)


def _record(row: Mapping[str, Any]) -> KeyRecord:
    values = dict(row)
    values["reach"] = Reach(values.pop("everywhere"), frozenset(values.pop("names")), tuple(values.pop("prefixes")))
    # Scopes that a newer release made give nothing here.
    values["scopes"] = frozenset(Scope(each) for each in values["scopes"] if each in set(Scope))
    values["limits"] = loads(values["limits"])
    return KeyRecord(**values)


def now() -> datetime:
    """Return the time by which keys expire."""
    return datetime.now(UTC)
