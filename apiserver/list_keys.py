"""Times in the cursors of paged lists."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:  # pydantic does not handle it
        raise ValueError("is outside the years 1 to 9999") from error


Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time that PostgreSQL accepts, even if a client modified the cursor."""
