"""Deletion of expired objects in batches, until none is left."""

import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

RETRY_AFTER = timedelta(minutes=10)
"""Time until the next attempt to delete an object."""

_BATCH = 20
"""Objects deleted per transaction, which locks their rows."""

_PATIENCE_SECONDS = 30.0
"""A sweep ends if it could not delete anything for this long: the store is unavailable."""

_logger = logging.getLogger(__name__)


class SweptBatch(NamedTuple):
    """Number of objects deleted, and the errors of those that could not be, by key."""

    deleted: int
    stuck: dict[str, BaseException]


async def _never() -> bool:
    return False


async def sweep(
    delete_some: Callable[[int], Awaitable[SweptBatch]], has_to_stop: Callable[[], Awaitable[bool]] = _never
) -> int:
    """Call `delete_some` with a batch size until nothing is left, and return the number of objects deleted.

    Objects that cannot be deleted are skipped and left to a later sweep.
    """
    deleted, last_deletion = 0, time.monotonic()
    while time.monotonic() - last_deletion < _PATIENCE_SECONDS and not await has_to_stop():
        batch = await delete_some(_BATCH)
        for key, error in batch.stuck.items():
            _logger.warning("%s could not be deleted and will be retried: %r", key, error.__cause__ or error)
        if batch.deleted:
            deleted, last_deletion = deleted + batch.deleted, time.monotonic()
            _logger.info("Deleted %d objects", batch.deleted)
        elif not batch.stuck:
            break
    return deleted
