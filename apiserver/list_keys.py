"""Keys of paged lists: times in cursors, and ranges of names with a common prefix.

COLLATE "C" orders names by bytes, which in UTF-8 is by code points.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:  # pydantic does not handle it
        raise ValueError("is outside the years 1 to 9999") from error


Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time that PostgreSQL accepts, even if a client modified the cursor."""


def after_prefix(prefix: str) -> str | None:
    """Return the smallest name after all names that begin with `prefix`; None if no name follows them."""
    while prefix:
        following = ord(prefix[-1]) + 1
        if following in _SURROGATES:
            following = _SURROGATES.stop
        if following <= _LAST_CODE_POINT:
            return prefix[:-1] + chr(following)
        prefix = prefix[:-1]
    return None
