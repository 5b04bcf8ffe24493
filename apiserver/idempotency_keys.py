"""Rows of requests with an `Idempotency-Key`, which make each run once however often it is sent."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from apiserver.database.pool import Database
from apiserver.database.session import Connection
from apiserver.problems import AnswerErased, IdempotencyKeyReused, RequestInProgress

RETENTION = timedelta(hours=24)
"""How long an answer is stored."""

LOST_SECONDS = 30
"""A claim that was not renewed for this long is void: its gateway died, and the next request may take over the key."""

_CLAIM = """
INSERT INTO keyed_requests (key, fingerprint, run, lost_at, expires_at)
VALUES ($1, $2, $3, now() + $4::interval, now() + $5::interval)
ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, run = excluded.run, lost_at = excluded.lost_at,
    expires_at = excluded.expires_at, directory = NULL, status = NULL, headers = NULL, body = NULL, erased = '{}'
WHERE keyed_requests.expires_at <= now()
    OR keyed_requests.status IS NULL AND keyed_requests.lost_at <= now()
        AND keyed_requests.fingerprint = excluded.fingerprint
RETURNING run
"""

_READ = "SELECT fingerprint, status, headers, body, directory FROM keyed_requests WHERE key = $1"

_RENEW = "UPDATE keyed_requests SET lost_at = now() + $3::interval WHERE key = $1 AND run = $2 AND status IS NULL"

_STORE = """
UPDATE keyed_requests SET status = $3, directory = $6, expires_at = now() + $7::interval, erased = '{}',
    headers = CASE WHEN $6 = ANY (erased) THEN NULL ELSE $4::jsonb END,
    body = CASE WHEN $6 = ANY (erased) THEN NULL ELSE $5::bytea END
WHERE key = $1 AND run = $2
"""

_RELEASE = "DELETE FROM keyed_requests WHERE key = $1 AND run = $2 AND status IS NULL"

_DELETE_ANSWERS = "UPDATE keyed_requests SET headers = NULL, body = NULL WHERE directory = $1 AND body IS NOT NULL"

# Ordered by key, so that two concurrent deletions cannot deadlock.
_EXCLUDE_ANSWERS = """
WITH running AS (
    SELECT key FROM keyed_requests WHERE status IS NULL ORDER BY key FOR UPDATE
)
UPDATE keyed_requests SET erased = array_append(erased, $1) FROM running
WHERE keyed_requests.key = running.key AND $1 <> ALL (erased)
"""

_DELETE_EXPIRED = "DELETE FROM keyed_requests WHERE expires_at <= now()"


class Claim(NamedTuple):
    """The right to run the request with a key."""

    key: str
    run: UUID


class StoredAnswer(NamedTuple):
    """The stored answer of a request. directory: the one that the answer is about, if any."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    directory: str | None = None


async def claim(database: Database, key: str, fingerprint: bytes) -> Claim | StoredAnswer:
    """Return the stored answer of the request with this key, or a claim if it has not run yet.

    Raises IdempotencyKeyReused if the `fingerprint` differs, RequestInProgress if another claim is valid,
    AnswerErased, or DatabaseUnavailable.
    """
    run = uuid4()
    async with database.unbound() as connection:
        while True:
            if await connection.fetchval(_CLAIM, key, fingerprint, run, timedelta(seconds=LOST_SECONDS), RETENTION):
                return Claim(key, run)
            if row := await connection.fetchrow(_READ, key):  # None if it was released in between
                break
    if row["fingerprint"] != fingerprint:
        raise IdempotencyKeyReused
    if row["status"] is None:
        raise RequestInProgress
    if row["body"] is None:
        raise AnswerErased
    return StoredAnswer(row["status"], json.loads(row["headers"]), row["body"], row["directory"])


async def renew(database: Database, claim: Claim) -> None:
    """Renew the claim on a request that is still running. Raises DatabaseUnavailable."""
    async with database.unbound() as connection:
        await connection.execute(_RENEW, *claim, timedelta(seconds=LOST_SECONDS))


async def store(database: Database, claim: Claim, answer: StoredAnswer) -> None:
    """Store the answer. Raises DatabaseUnavailable."""
    headers = json.dumps(dict(answer.headers))
    async with database.unbound() as connection:
        await connection.execute(_STORE, *claim, answer.status, headers, answer.body, answer.directory, RETENTION)


async def release(database: Database, claim: Claim) -> None:
    """Give up the claim, as if the request had not been sent. Raises DatabaseUnavailable."""
    async with database.unbound() as connection:
        await connection.execute(_RELEASE, *claim)


async def delete_answers(connection: Connection, directory: str, *, seconds: float | None = None) -> None:
    """Delete the stored answers about a directory; their requests stay recorded as done.

    Requests that are still running will not store an answer about the directory. seconds: limit for each statement.
    """
    await connection.execute(_EXCLUDE_ANSWERS, directory, timeout=seconds)
    await connection.execute(_DELETE_ANSWERS, directory, timeout=seconds)


async def delete_expired(database: Database) -> None:
    """Delete requests whose retention has ended. Raises DatabaseUnavailable."""
    async with database.unbound() as connection:
        await connection.execute(_DELETE_EXPIRED)
