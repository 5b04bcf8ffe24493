"""Times in the keys by which lists are paged."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:  # which pydantic does not expect
        raise ValueError("is before the first year or behind the last") from error


Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time that PostgreSQL can be told, whatever a client made of a cursor."""
