"""Keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, without its text.

    kind: how callers prove that they have it, `bearer`, `uuid` or `pair`. limits: its own, by name. expires_at: None:
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

    images_token: of a `uuid`, what stands for the key in the path of a photograph, and opens nothing else.
    access_key_id: of a `pair`, what requests name it by; then `key` is the secret access key.
    """

    key: str = field(repr=False)
    images_token: str | None = field(repr=False, default=None)
    access_key_id: str | None = None
