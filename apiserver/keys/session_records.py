"""Rows of sessions and their SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from json import dumps, loads
from typing import Any

from apiserver.access.grants import Grant
from apiserver.access.scopes import Scope
from apiserver.database.session import Connection
from apiserver.keys.wishes import directories_of, read_reach

MAX_SESSIONS = 100
"""Of one key or subject; those that are longest unused end for new ones."""

SESSION_CHANGED = "session:"
"""What the ids of sessions begin with where the database tells that they ended, on the channel of keys."""

_COLUMNS = "id, subject, key, token, last_used_at, expires_at"

_CREATE = f"""
INSERT INTO sessions (id, subject, key, token, expires_at)
VALUES ($1, $2, $3, $4, least(now() + $5::interval, $6)) RETURNING {_COLUMNS}
"""

_FIND = f"SELECT {_COLUMNS} FROM sessions WHERE id = $1 AND expires_at > now() AND last_used_at > now() - $2::interval"

_END = "DELETE FROM sessions WHERE id = $1 RETURNING subject"

_END_OLD = """
DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE expires_at <= now() OR last_used_at <= now() - $1::interval FOR UPDATE SKIP LOCKED
)
"""

_END_SURPLUS = """
DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE subject = $1 ORDER BY last_used_at DESC, created_at DESC OFFSET $2
    FOR UPDATE SKIP LOCKED
)
"""

_USED = """
UPDATE sessions SET last_used_at = now() WHERE id = ANY ($1) AND last_used_at < now() - interval '1 minute'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """A session. id: the hash of its cookie. key: the id of its key. token: what a token gave, if there is no key."""

    id: str
    subject: str
    key: str | None
    token: Grant | None
    last_used_at: datetime
    expires_at: datetime

    def is_usable(self, now: datetime, idle: timedelta) -> bool:
        """Tell whether the session has neither expired nor been unused for too long."""
        return now < self.expires_at and now < self.last_used_at + idle

    def limiting(self, grant: Grant) -> Grant:
        """Return the grant of the session's key or token as that of the session, which may end earlier."""
        return replace(grant, by_session=True, expires_at=min(self.expires_at, grant.expires_at or self.expires_at))


async def create(
    connection: Connection, session_id: str, grant: Grant, *, longest: timedelta, idle: timedelta
) -> SessionRecord:
    """Store a session of a grant; end those that it leaves no place for."""
    key = None if grant.by_token else grant.key
    token = dumps(_written(grant)) if grant.by_token else None
    async with connection.transaction():
        await connection.execute(_END_OLD, idle)
        await connection.execute(_END_SURPLUS, grant.subject, MAX_SESSIONS - 1)
        row = await connection.fetchrow(_CREATE, session_id, grant.subject, key, token, longest, grant.expires_at)
    return _record(row)


async def find(connection: Connection, session_id: str, idle: timedelta) -> SessionRecord | None:
    """Return a session; None if there is none, or none that still lives."""
    row = await connection.fetchrow(_FIND, session_id, idle)
    return _record(row) if row else None


async def end(connection: Connection, session_id: str) -> str | None:
    """Delete a session, if there is one, and return whose it was."""
    subject: str | None = await connection.fetchval(_END, session_id)
    return subject


async def note_uses(connection: Connection, ids: list[str]) -> None:
    """Record that the sessions were used, to the minute."""
    await connection.execute(_USED, ids)


def _written(grant: Grant) -> dict[str, Any]:
    return {"name": grant.name, "scopes": sorted(grant.scopes), "directories": directories_of(grant.reach)}


def _record(row: Mapping[str, Any]) -> SessionRecord:
    token = row["token"] and _granted(row["subject"], loads(row["token"]))
    return SessionRecord(**{**row, "token": token})


def _granted(subject: str, token: dict[str, Any]) -> Grant:
    # Scopes that a newer release gave mean nothing here.
    scopes = frozenset(Scope(each) for each in token["scopes"] if each in set(Scope))
    return Grant(subject, scopes, read_reach(token["directories"]), subject, name=token["name"])
