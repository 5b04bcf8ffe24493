"""What a kind of damage is given."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.photographs.degraded import Pixels


@dataclass(frozen=True)
class Scene:
    """An undamaged photograph.

    landmarks: (5, 2) x, y of its face. other: a photograph of somebody else, of the same size. random: seeded by the
    photograph, so that each run damages it alike.
    """

    pixels: Pixels
    landmarks: NDArray[np.float32]
    other: Pixels
    random: np.random.Generator

    @property
    def height(self) -> int:
        """Of the photograph, pixels."""
        return len(self.pixels)

    @property
    def width(self) -> int:
        """Of the photograph, pixels."""
        return len(self.pixels[0])

    @property
    def eye_distance(self) -> float:
        """Distance between the landmarks of the eyes, pixels; a face's box is about two and a half times as wide."""
        return float(np.linalg.norm(self.landmarks[1] - self.landmarks[0]))


Damage = Callable[[Scene], Pixels]
"""Returns the damaged photograph."""


def on_pixels(change: Callable[[Pixels], Pixels]) -> Damage:
    """Return the damage that needs to know nothing but the pixels."""
    return lambda scene: change(scene.pixels)


def as_pixels(values: NDArray[np.generic]) -> Pixels:
    """Return values as pixels, cut off at black and white."""
    return np.clip(np.rint(values.astype(np.float32)), 0, 255).astype(np.uint8)
