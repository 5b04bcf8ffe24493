"""What is found in a turned picture is placed where it is in the picture as sent."""

import numpy as np
import pytest

from vectorizer.networks.detection import Detections
from vectorizer.networks.orientation import turned, unturned


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_turn_is_undone(quarters: int):
    image = np.zeros((30, 50, 3), np.uint8)
    image[4:10, 7:20] = 255
    bright = turned(image, quarters)[:, :, 0]
    rows, columns = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
    box = np.array([[columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]], np.float32)
    found = Detections(box, np.ones(1, np.float32), box[:, None, :2].repeat(5, axis=1))
    back = unturned(found, quarters, 50, 30)
    assert back.boxes.tolist() == [[7, 4, 20, 10]]
    corners = {0: [7, 4], 1: [7, 10], 2: [20, 10], 3: [20, 4]}
    assert back.landmarks[0].tolist() == [corners[quarters]] * 5
