"""The quality measured on an aligned face."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.photographs.damage.optics import moved
from tests.photographs import actor, astronaut
from vectorizer.networks.quality import measure

Pixels = NDArray[np.uint8]

FACE: Pixels = np.array(actor())
FACES = [FACE, np.array(astronaut().crop((165, 55, 285, 175)).resize((112, 112)))]

STEPS = [0, 1, 1.5, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20]
"""Pixels of blur or of motion."""

TOLERANCE = 0.02


def blurred(image: Pixels, sigma: float) -> Pixels:
    return cv2.GaussianBlur(image, (0, 0), sigma).astype(np.uint8) if sigma else image


def compressed(image: Pixels) -> Pixels:
    _, file = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 75])
    decoded = cv2.imdecode(file, cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded.astype(np.uint8)


def in_motion(degrees: int) -> Callable[[Pixels, float], Pixels]:
    return lambda image, pixels: moved(image, pixels, degrees)


WAYS = {"blur": blurred} | {f"motion, {degrees} degrees": in_motion(degrees) for degrees in range(0, 180, 15)}


@pytest.mark.parametrize("file", [lambda image: image, compressed], ids=["raw", "JPEG 75"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("face", FACES, ids=["actor", "astronaut"])
def test_the_more_blurred_the_less_sharp(face, way, file):
    sharpness = [measure(file(WAYS[way](face, pixels))).sharpness for pixels in STEPS]
    assert max(np.diff(sharpness)) <= TOLERANCE
    assert sharpness[-1] < (0.01 if way == "blur" else 0.65 * sharpness[0])


def test_a_face_blurred_beyond_recognition_is_not_sharp():
    assert [measure(blurred(FACE, sigma)).sharpness for sigma in (8, 12, 20)] == [0, 0, 0]


@pytest.mark.parametrize("kernel", [np.ones((1, 9)), np.ones((9, 1)), np.eye(9), np.eye(9)[::-1]])
def test_a_face_in_motion_is_less_sharp_whichever_way_it_goes(kernel):
    moving = cv2.filter2D(FACE, -1, kernel / 9).astype(np.uint8)
    assert measure(moving).sharpness < 0.5 * measure(FACE).sharpness


def test_light_changes_brightness_and_hardly_sharpness():
    light, dark = measure(FACE), measure((FACE * 0.4).astype(np.uint8))
    assert dark.brightness == pytest.approx(0.4 * light.brightness, rel=0.05)
    assert dark.sharpness == pytest.approx(light.sharpness, rel=0.2)


@pytest.mark.parametrize(("value", "brightness"), [(0, 0.0), (255, 1.0)])
def test_a_flat_picture(value: int, brightness: float):
    quality = measure(np.full((112, 112, 3), value, np.uint8))
    assert (quality.sharpness, quality.brightness) == (0, brightness)
