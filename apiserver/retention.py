"""Removes images whose time is over."""

import logging

from apiserver.image_store import ImageStore

_BATCH = 100
"""Images removed in one transaction."""

_MOST_STUCK = 1000
"""So many images that cannot be removed are more than a mishap: the store is out of order, and the sweep ends."""

_logger = logging.getLogger(__name__)


async def sweep(images: ImageStore) -> int:
    """Remove all images that have expired and return how many they were; those that stick are for the next time."""
    removed, stuck = 0, set[str]()
    while len(stuck) < _MOST_STUCK:
        batch = await images.remove_expired(_BATCH, stuck)
        if not batch.removed and not batch.stuck:
            break
        for key, fault in batch.stuck.items():
            _logger.warning("%s has expired and cannot be removed: %r", key, fault.__cause__ or fault)
        removed += batch.removed
        stuck.update(batch.stuck)
        _logger.info("Removed %d expired images", batch.removed)
    return removed
