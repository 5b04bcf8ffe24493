"""Every kind of damage, on one photograph."""

import numpy as np
import pytest

from bench.photographs.damage.kinds import FAMILIES, KINDS
from bench.photographs.damage.scene import Scene
from tests.photographs import actor
from vectorizer.networks.alignment import TEMPLATE

FACE = np.asarray(actor()) // 2 + np.array([90, 40, 10], np.uint8)
"""In colour: the photograph is grey."""


def scene() -> Scene:
    return Scene(FACE.copy(), TEMPLATE, FACE[:, ::-1].copy(), np.random.default_rng(3))


def test_every_kind_has_its_own_name():
    assert len(KINDS) == sum(len(family) for family in FAMILIES.values())


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_visible_repeatable_and_leaves_the_original_alone(kind):
    before = scene()
    damaged = KINDS[kind](before)
    assert damaged.dtype == np.uint8
    assert damaged.ndim == 3
    assert damaged.shape != FACE.shape or np.abs(damaged.astype(int) - FACE).mean() > 1
    assert np.array_equal(before.pixels, FACE)
    assert np.array_equal(damaged, KINDS[kind](scene()))
