"""Faces behind something, or mixed with another."""

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.photographs.damage.scene import Scene, as_pixels
from bench.photographs.degraded import Pixels

Colour = tuple[int, int, int]
_BLACK: Colour = (0, 0, 0)


def masked(scene: Scene, colour: Colour = (190, 215, 230)) -> Pixels:
    """Return the photograph with a mask over nose and mouth."""
    across, down, middle = _axes(scene)
    corners = [(-1.15, 0.45), (-0.3, 0.3), (0.3, 0.3), (1.15, 0.45), (0.85, 1.7), (0, 2.1), (-0.85, 1.7)]
    return _covered(scene, np.array([middle + x * across + y * down for x, y in corners]), colour)


def with_sunglasses(scene: Scene, colour: Colour = (10, 10, 10)) -> Pixels:
    """Return the photograph with dark glasses."""
    across, down, _ = _axes(scene)
    image = scene.pixels.copy()
    for eye in scene.landmarks[:2]:
        axes = (round(float(np.linalg.norm(across)) * 0.44), round(float(np.linalg.norm(down)) * 0.36))
        cv2.ellipse(image, _point(eye), axes, 0, 0, 360, colour, -1)
    cv2.line(image, _point(scene.landmarks[0]), _point(scene.landmarks[1]), colour, 3)
    return image


def eyes_barred(scene: Scene, half_height: float = 0.3) -> Pixels:
    """Return the photograph with a black bar over the eyes, as newspapers print."""
    across, down, middle = _axes(scene)
    corners = [(-1.3, -half_height), (1.3, -half_height), (1.3, half_height), (-1.3, half_height)]
    return _covered(scene, np.array([middle + x * across + y * down for x, y in corners]), _BLACK)


def half_covered(scene: Scene, colour: Colour = _BLACK) -> Pixels:
    """Return the photograph with the left half of the face behind a plane."""
    image = scene.pixels.copy()
    image[:, : max(0, int(scene.landmarks[2, 0]))] = colour
    return image


def lower_half_covered(scene: Scene) -> Pixels:
    """Return the photograph with everything below the eyes black."""
    image = scene.pixels.copy()
    image[max(0, int(scene.landmarks[:2, 1].mean() + 0.25 * scene.eye_distance)) :] = 0
    return image


def upper_half_covered(scene: Scene) -> Pixels:
    """Return the photograph with everything above the nose black."""
    image = scene.pixels.copy()
    image[: max(0, int(scene.landmarks[2, 1] - 0.15 * scene.eye_distance))] = 0
    return image


def behind_hand(scene: Scene) -> Pixels:
    """Return the photograph with three fingers and a palm, in the colour of the cheek, somewhere over the face."""
    across, down, middle = _axes(scene)
    cheek = scene.pixels[tuple(np.clip((middle + 0.7 * down)[::-1].astype(int), 0, min(scene.pixels.shape[:2]) - 1))]
    colour = tuple(int(value) for value in cheek)
    image = scene.pixels.copy()
    palm = middle + scene.random.uniform(-0.5, 0.5) * across + 1.3 * down
    unit = float(np.linalg.norm(across))
    cv2.ellipse(image, _point(palm), (round(unit * 0.7), round(unit * 0.8)), 0, 0, 360, colour, -1)
    for finger in (-0.45, 0.0, 0.45):
        tip = palm + finger * 1.6 * across - scene.random.uniform(1.2, 2.0) * down
        cv2.line(image, _point(palm + finger * across), _point(tip), colour, max(1, round(unit * 0.28)))
    return image


def behind_bars(scene: Scene, share: float, *, upright: bool) -> Pixels:
    """Return the photograph behind black bars that cover a share of it, five in each width of the face."""
    period = scene.eye_distance / 2
    place = np.arange(scene.width if upright else scene.height) % period < share * period
    image = scene.pixels.copy()
    if upright:
        image[:, place] = 0
    else:
        image[place] = 0
    return image


def written_over(scene: Scene) -> Pixels:
    """Return the photograph with lines of text over it."""
    image = scene.pixels.copy()
    for line, base in enumerate(range(20, scene.height, 16)):
        text = "SAMPLE COPYRIGHT PREVIEW 0123456789"[line % 7 :]
        cv2.putText(image, text, (-4, base), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (255, 255, 255), 2)
    return image


def with_patches(scene: Scene, count: int, size: float) -> Pixels:
    """Return the photograph with squares of random colours on the face; size in eye distances."""
    image = scene.pixels.copy()
    side = size * scene.eye_distance
    for x, y in scene.landmarks.mean(axis=0) + scene.random.normal(0, 0.7, (count, 2)) * scene.eye_distance:
        colour = tuple(int(value) for value in scene.random.integers(0, 256, 3))
        cv2.rectangle(image, _point((x - side / 2, y - side / 2)), _point((x + side / 2, y + side / 2)), colour, -1)
    return image


def blended(scene: Scene, share: float) -> Pixels:
    """Return the photograph with another of somebody else over it."""
    return as_pixels(scene.pixels * (1 - share) + scene.other * share)


def half_of_another(scene: Scene) -> Pixels:
    """Return the photograph with the left half of another."""
    image = scene.pixels.copy()
    middle = int(np.clip(scene.landmarks[2, 0], 0, scene.width))
    image[:, :middle] = scene.other[:, :middle]
    return image


def _covered(scene: Scene, corners: NDArray[np.float32], colour: Colour) -> Pixels:
    image = scene.pixels.copy()
    cv2.fillPoly(image, [corners.round().astype(np.int32)], colour)
    return image


def _axes(scene: Scene) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return the vectors from eye to eye and down the face, equally long, and the middle of the eyes."""
    left, right = scene.landmarks[:2]
    across = right - left
    return across, np.array([-across[1], across[0]], np.float32), (left + right) / 2


def _point(place: NDArray[np.float32] | tuple[float, float]) -> tuple[int, int]:
    return round(float(place[0])), round(float(place[1]))
