"""Keys."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLimits:
    """Limits of a key of its own at each gateway; None is the service's limit."""

    requests_per_minute: int | None = None
    requests_in_progress: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, without its text.

    expires_at: None: never. last_used_at: to the minute. previous_until: when the text before the last rotation stops
    working.
    """

    id: str
    name: str
    note: str | None
    scopes: tuple[str, ...]
    directories: tuple[str, ...]
    limits: KeyLimits
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    previous_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey(Key):
    """A key with its text, which cannot be read again."""

    key: str = field(repr=False)
