"""How often photographs are unlike a person's other ones."""

import numpy as np
import pytest

from apiserver.biometrics.model import Tail
from bench.accuracy.own_resemblance import measure

TAIL = Tail(start=0.6, rate=0.005, scale=0.05, shape=0.0)


def test_own_photographs_resemble_and_strangers_do_not():
    identity = np.eye(3).repeat(3, axis=0)
    noise = 0.2 * np.random.default_rng(0).normal(size=identity.shape)
    embeddings = (identity + noise) / np.linalg.norm(identity + noise, axis=1, keepdims=True)
    people = np.arange(3).repeat(3)

    one, two = measure(embeddings, people, TAIL)
    assert (one.own, one.persons, two.own) == (1, 3, 2)
    assert (one.genuine_warned, one.strangers_warned, one.second_warned) == (0, 1, 0)

    mixed = embeddings.copy()
    mixed[8] = embeddings[0]  # another person's photograph among those of the last one
    one, two = measure(mixed, people, TAIL)
    assert two.genuine_warned == pytest.approx(1 / 9, abs=0.05)
