"""Removes objects whose time is over, or that were deleted."""

import logging
import time
from collections.abc import Awaitable, Callable

from apiserver.image_store import Removal

_BATCH = 20
"""Objects removed in one transaction, which holds their rows."""

_PATIENCE_SECONDS = 30.0
"""A sweep ends when it has not been able to remove anything for so long: the store is out of order."""

_logger = logging.getLogger(__name__)


async def sweep(remove: Callable[[int], Awaitable[Removal]]) -> int:
    """Remove all objects that `remove` takes away, so many at a time, and return how many they were.

    Those that cannot be removed, however many, are passed over, and are for a later sweep.
    """
    removed, last_removal = 0, time.monotonic()
    while time.monotonic() - last_removal < _PATIENCE_SECONDS:
        batch = await remove(_BATCH)
        for key, fault in batch.stuck.items():
            _logger.warning("%s is to go and cannot be removed: %r", key, fault.__cause__ or fault)
        if batch.removed:
            removed, last_removal = removed + batch.removed, time.monotonic()
            _logger.info("Removed %d objects", batch.removed)
        elif not batch.stuck:
            break
    return removed
