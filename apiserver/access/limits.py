"""The limits that a key can have: their names, and what is counted for them."""

from collections.abc import Mapping
from enum import StrEnum
from math import isfinite

from apiserver.problems import InvalidField


class Limit(StrEnum):
    """A limit of a key. The settings `APISERVER_KEY_…` apply to keys without their own limit."""

    REQUESTS_PER_MINUTE = "requests_per_minute"
    REQUESTS_IN_PROGRESS = "requests_in_progress"
    REQUESTS_PER_DAY = "requests_per_day"
    LANE_SECONDS_PER_DAY = "lane_seconds_per_day"
    FACES_PER_DAY = "faces_per_day"
    STORED_FACES_PER_DAY = "stored_faces_per_day"
    STORED_BYTES_PER_DAY = "stored_bytes_per_day"
    DATABASE_SECONDS_PER_DAY = "database_seconds_per_day"
    WAITING_JOBS = "waiting_jobs"
    DIRECTORIES = "directories"


class Quota(StrEnum):
    """What a key spends within a day, in UTC.

    lane_seconds: of the vectorizers' lanes. faces: found and embedded. stored_faces: enrolled. stored_bytes:
    photographs, crops and archives that were written. database_seconds: of all statements.
    """

    REQUESTS = "requests"
    LANE_SECONDS = "lane_seconds"
    FACES = "faces"
    STORED_FACES = "stored_faces"
    STORED_BYTES = "stored_bytes"
    DATABASE_SECONDS = "database_seconds"

    @property
    def limit(self) -> Limit:
        """The limit of the quota."""
        return _LIMIT_OF[self]


_LIMIT_OF = {quota: Limit(f"{quota}_per_day") for quota in Quota}

ALWAYS = frozenset({Quota.REQUESTS, Quota.DATABASE_SECONDS})
"""What every call spends."""

ANALYSING = frozenset({Quota.LANE_SECONDS, Quota.FACES})
"""Further quotas that calls with photographs spend."""

STORING = frozenset({Quota.STORED_BYTES})
"""Further quotas that calls spend that write archives."""

ENROLLING = ANALYSING | STORING | {Quota.STORED_FACES}
"""Further quotas that enrolments spend."""

_WITH_FRACTIONS = frozenset({Limit.LANE_SECONDS_PER_DAY, Limit.DATABASE_SECONDS_PER_DAY})
_MAX = 1e15


def read_limits(wanted: Mapping[str, object]) -> dict[str, float | None]:
    """Return the limits of a key, as its maker wrote them; None stands for the service's.

    Raises InvalidField for an unknown name or a bad value.
    """
    return {_name(name): None if value is None else _value(name, value) for name, value in wanted.items()}


def _name(name: str) -> Limit:
    try:
        return Limit(name)
    except ValueError as error:
        raise InvalidField(f"limits: each must be one of {', '.join(Limit)}.") from error


def _value(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or not 0 < value <= _MAX:
        raise InvalidField(f"limits: {name} must be a number above 0.")
    if value == int(value):
        return int(value)
    if name not in _WITH_FRACTIONS:
        raise InvalidField(f"limits: {name} must be a whole number.")
    return value
