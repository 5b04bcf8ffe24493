"""Removes images whose time is over."""

import asyncio
import logging

from apiserver.image_store import ImageStore
from apiserver.problems import Problem

_BATCH = 100
"""Images removed in one transaction."""

_logger = logging.getLogger(__name__)


async def sweep_forever(images: ImageStore, interval_seconds: float) -> None:
    """Remove expired images every `interval_seconds` until cancelled; an outage only postpones the work."""
    while True:
        await asyncio.sleep(interval_seconds)
        try:
            await sweep(images)
        except Problem as problem:
            _logger.warning("Expired images were not removed: %s", problem)


async def sweep(images: ImageStore) -> int:
    """Remove all images that have expired and return how many they were."""
    removed = 0
    while batch := await images.remove_expired(_BATCH):
        removed += batch
        _logger.info("Removed %d expired images", batch)
    return removed
