"""Turns pictures by quarters, and faces back."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.detection import Detections


class Orientation(StrEnum):
    """How a picture is looked at: `auto`, in the turn in which its faces are upright; `as-sent`, only as it is."""

    AUTO = "auto"
    AS_SENT = "as-sent"


def turned(image: NDArray[np.uint8], quarters: int) -> NDArray[np.uint8]:
    """Return `image`, (height, width, 3), turned clockwise by `quarters` of a full turn."""
    return np.ascontiguousarray(np.rot90(image, -quarters)) if quarters else image


def unturned(found: Detections, quarters: int, width: int, height: int) -> Detections:
    """Return the faces of an image that was turned in its pixels before; it had `width` times `height` of them."""
    if not quarters:
        return found
    corners = _unturned(found.boxes.reshape(-1, 2, 2), quarters, width, height)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    return Detections(boxes, found.scores, _unturned(found.landmarks, quarters, width, height))


def _unturned(points: NDArray[np.float32], quarters: int, width: int, height: int) -> NDArray[np.float32]:
    """Return (n, m, 2) points before the turn."""
    x, y = points[..., 0], points[..., 1]
    before = {1: (y, height - x), 2: (width - x, height - y), 3: (width - y, x)}[quarters]
    return np.stack(before, axis=-1).astype(np.float32)
