"""The audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what. directory: None for what concerns none. persons: keyed hashes. hash: None until it is sealed."""

    id: int
    at: datetime
    directory: str | None
    subject: str
    action: str
    persons: Sequence[str]
    object: str | None
    outcome: str
    request_id: str
    address: str
    counts: Mapping[str, int]
    position: int | None
    hash: str | None
