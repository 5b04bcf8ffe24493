"""Removal of expired or deleted objects from the store."""

import logging
import time
from collections.abc import Awaitable, Callable

from apiserver.storage.images import Removal

_BATCH = 20
"""Objects removed per transaction, which locks their rows."""

_PATIENCE_SECONDS = 30.0
"""A sweep ends if it could not remove anything for this long: the store is unavailable."""

_logger = logging.getLogger(__name__)


async def sweep(remove: Callable[[int], Awaitable[Removal]]) -> int:
    """Call `remove` with a batch size until nothing is left, and return the number of objects removed.

    Objects that cannot be removed are skipped and left to a later sweep.
    """
    removed, last_removal = 0, time.monotonic()
    while time.monotonic() - last_removal < _PATIENCE_SECONDS:
        batch = await remove(_BATCH)
        for key, fault in batch.stuck.items():
            _logger.warning("%s could not be removed and will be retried: %r", key, fault.__cause__ or fault)
        if batch.removed:
            removed, last_removal = removed + batch.removed, time.monotonic()
            _logger.info("Removed %d objects", batch.removed)
        elif not batch.stuck:
            break
    return removed
