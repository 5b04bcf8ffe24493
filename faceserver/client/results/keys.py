"""Keys and their usage."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, without its text.

    kind: how callers use it, `bearer`, `uuid` or `pair`. limits: its own, by name. expires_at: None:
    never. last_used_at: to the minute. previous_until: when the text before the last rotation stops working.
    """

    id: str
    kind: str = "bearer"
    name: str
    note: str | None
    scopes: tuple[str, ...]
    directories: tuple[str, ...]
    limits: Mapping[str, float]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    previous_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey(Key):
    """A key with its text, which cannot be read again.

    images_token: of a `uuid`, the token that replaces the key in the path of a photograph; it is valid for photographs
    only. access_key_id: of a `pair`, its id in requests; `key` is then the secret access key.
    """

    key: str = field(repr=False)
    images_token: str | None = field(repr=False, default=None)
    access_key_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUsage:
    """What a key has used of a quota today, such as `lane_seconds`. limit, left: None without a limit."""

    kind: str
    spent: float
    limit: float | None
    left: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitInForce:
    """A limit of a key, its own or the service's; None: there is none."""

    name: str
    limit: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a key has used today, at all gateways, and its other limits. resets_at: when the day ends, at 00:00 UTC."""

    key: str
    resets_at: datetime
    quotas: tuple[QuotaUsage, ...]
    limits: tuple[LimitInForce, ...]
