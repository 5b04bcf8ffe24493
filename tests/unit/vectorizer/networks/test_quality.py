"""The quality measured on an aligned face."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.photographs import actor
from vectorizer.networks.quality import measure

FACE: NDArray[np.uint8] = np.array(actor())


def blurred(sigma: float) -> NDArray[np.uint8]:
    return cv2.GaussianBlur(FACE, (0, 0), sigma).astype(np.uint8)


def test_a_blurred_face_is_less_sharp():
    sharp, soft, softer = (measure(blurred(sigma)).sharpness for sigma in (0.01, 1.5, 3))
    assert sharp > 2 * soft > 2 * softer


@pytest.mark.parametrize("kernel", [np.ones((1, 9)), np.ones((9, 1)), np.eye(9), np.eye(9)[::-1]])
def test_a_face_in_motion_is_less_sharp_whichever_way_it_goes(kernel):
    moved = cv2.filter2D(FACE, -1, kernel / 9).astype(np.uint8)
    assert measure(moved).sharpness < 0.5 * measure(FACE).sharpness


def test_light_changes_brightness_and_hardly_sharpness():
    light, dark = measure(FACE), measure((FACE * 0.4).astype(np.uint8))
    assert dark.brightness == pytest.approx(0.4 * light.brightness, rel=0.05)
    assert dark.sharpness == pytest.approx(light.sharpness, rel=0.2)


@pytest.mark.parametrize(("value", "brightness"), [(0, 0.0), (255, 1.0)])
def test_a_flat_picture(value: int, brightness: float):
    quality = measure(np.full((112, 112, 3), value, np.uint8))
    assert (quality.sharpness, quality.brightness) == (0, brightness)
