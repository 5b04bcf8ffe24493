"""Durations and points of time as people type them in commands: `90d`, `12h`, `30m`, `2027-01-31T00:00Z`."""

import re
from datetime import datetime, timedelta

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def read_duration(text: str) -> timedelta:
    """Return a duration. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", text)
    if not found:
        raise ValueError("must be a number with m, h or d, such as 90d")
    return int(found[1]) * _UNITS[found[2]]


def read_moment(text: str, now: datetime) -> datetime:
    """Return a point of time, given as one with its time zone or as a duration from `now`. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None:
        return now + read_duration(text)
    if moment.tzinfo is None:
        raise ValueError("must have a time zone, such as 2027-01-31T00:00Z")
    return moment
