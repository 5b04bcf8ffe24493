"""Tiles cover a picture, and every small face is whole in one of them."""

from itertools import pairwise

import numpy as np
import pytest

from vectorizer.networks.tiles import OVERLAP, SMALL_FACE_SCALE, Detail, Tiling, levels

SHAPES = [(4000, 3000), (8000, 6000), (12_000, 3000), (16_000, 2000), (2000, 16_000), (60_000, 800)]


@pytest.mark.parametrize(("width", "height"), [(640, 640), (641, 300), (1280, 960), (2560, 1920), (5120, 640)])
def test_every_square_as_large_as_the_overlap_is_whole_in_a_tile(width: int, height: int):
    tiles = list(Tiling(width, height, 640))
    assert all(tile.width <= 640 and tile.height <= 640 for tile in tiles)
    rng = np.random.default_rng(0)
    for left, top in rng.random((500, 2)) * [width - OVERLAP, height - OVERLAP]:
        assert any(
            tile.left <= left
            and left + OVERLAP <= tile.left + tile.width + 1
            and tile.top <= top
            and top + OVERLAP <= tile.top + tile.height + 1
            for tile in tiles
        )


def test_only_borders_that_tiles_share_cut_faces():
    tiling = Tiling(1000, 600, 640)
    first, second = tiling
    at_left = np.array([[0, 10, 50, 60]], np.float32)
    at_right = np.array([[first.width - 50, 10, first.width, 60]], np.float32)
    assert tiling.whole(first, at_left).all()
    assert not tiling.whole(first, at_right).any()
    assert not tiling.whole(second, at_left).any()
    assert tiling.whole(second, at_right).all()


@pytest.mark.parametrize("shape", [(640, 480), (1280, 960), (1600, 1200), (1920, 1080), (2200, 1600)])
def test_ordinary_photographs_are_not_divided(shape: tuple[int, int]):
    assert levels(*shape, 640, Detail.AUTO) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_is_divided_for_speed(shape: tuple[int, int]):
    assert levels(*shape, 640, Detail.FAST) == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("detail", [Detail.AUTO, Detail.FULL])
def test_levels_follow_one_another_closely_and_end_in_time(shape: tuple[int, int], detail: Detail):
    width, height = shape
    scales = [640 / max(shape), *levels(width, height, 640, detail)]
    assert len(scales) > 1
    for coarse, fine in pairwise(scales):
        assert 24 * fine / coarse < OVERLAP
        assert len(list(Tiling(round(width * fine), round(height * fine), 640))) <= 100


@pytest.mark.parametrize("shape", SHAPES[:4])
def test_the_finest_tiles_show_small_faces_well(shape: tuple[int, int]):
    assert levels(*shape, 640, Detail.AUTO)[-1] == pytest.approx(SMALL_FACE_SCALE)
