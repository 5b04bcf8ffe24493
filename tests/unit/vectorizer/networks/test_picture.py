import numpy as np
import pytest

from vectorizer.networks.picture import Picture


@pytest.mark.parametrize(("rows", "columns"), [(1, 12_000), (2, 12_000), (5, 60_000), (12_000, 3), (300, 4000)])
def test_a_thin_picture_is_reduced_to_no_less_than_a_row(rows: int, columns: int):
    pixels = np.full((rows, columns, 3), 90, np.uint8)
    image, factor = Picture(pixels, 1, lambda: pixels).around(np.array([0, 0, columns, rows], np.float32))
    assert min(image.shape[:2]) >= 1
    assert image.shape[1] == columns // factor
    assert (image == 90).all()
