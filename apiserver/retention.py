"""Removes images whose time is over."""

import logging

from apiserver.image_store import ImageStore

_BATCH = 100
"""Images removed in one transaction."""

_logger = logging.getLogger(__name__)


async def sweep(images: ImageStore) -> int:
    """Remove all images that have expired and return how many they were."""
    removed = 0
    while batch := await images.remove_expired(_BATCH):
        removed += batch
        _logger.info("Removed %d expired images", batch)
    return removed
