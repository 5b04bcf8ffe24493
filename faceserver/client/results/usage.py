"""What a key has spent, and its limits."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUsage:
    """What a key has spent of a quota today, such as `lane_seconds`. limit, left: None without a limit."""

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
    """What a key has spent today, at all gateways, and its other limits. resets_at: when the day ends, at 00:00 UTC."""

    key: str
    resets_at: datetime
    quotas: tuple[QuotaUsage, ...]
    limits: tuple[LimitInForce, ...]
