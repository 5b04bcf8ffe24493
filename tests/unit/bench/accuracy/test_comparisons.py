"""Cosines of pairs among embedded photographs."""

from pathlib import Path

import numpy as np
import pytest

from bench.accuracy.comparisons import NamedPair, compare_all, compare_table, least_alike_genuine, most_alike_impostors
from bench.accuracy.error_rates import NO_FACE
from bench.photographs.embeddings import EmbeddedFolder
from bench.photographs.folder import Photograph
from bench.photographs.pairs import Pair

VECTORS = {"ann/1": [1.0, 0.0], "ann/2": [0.8, 0.6], "bo/1": [0.0, 1.0], "bo/2": [np.nan, np.nan], "crowd": [0.6, 0.8]}


@pytest.fixture
def folder():
    return EmbeddedFolder(
        photographs=[Photograph(Path(name), name) for name in VECTORS],
        embeddings=np.array(list(VECTORS.values())),
        failures={"bo/2": "no-face"},
        several_faces=0,
        model={},
    )


def test_pairs_of_a_table(folder):
    pairs = [Pair("ann/2", "ann/1", True, None), Pair("crowd", "bo/1", False, None), Pair("bo/1", "bo/2", True, None)]
    compared = compare_table(folder, pairs)
    assert compared.same.tolist() == [True, False, True]
    assert compared.similarity.tolist() == pytest.approx([0.8, 0.8, NO_FACE])


def test_a_table_about_other_photographs_is_refused(folder):
    with pytest.raises(ValueError, match="1 photographs of the table are not in the folder, for example eve/1"):
        compare_table(folder, [Pair("ann/1", "eve/1", False, None)])


def test_every_pair_among_people_once(folder):
    """Four photographs of two people make six pairs; the photograph outside of sub-folders is not used."""
    compared = compare_all(folder)
    assert sorted(zip(compared.same.tolist(), compared.similarity.round(6).tolist(), strict=True)) == [
        (False, NO_FACE),
        (False, NO_FACE),
        (False, 0.0),
        (False, 0.6),
        (True, NO_FACE),
        (True, 0.8),
    ]


def test_names_the_pairs_to_look_at(folder):
    """A pair without a face is not a hard pair: the list of failures already names its photograph."""
    compared = compare_all(folder)
    assert most_alike_impostors(folder, compared, 1) == [NamedPair("ann/2", "bo/1", 0.6)]
    assert least_alike_genuine(folder, compared, 2) == [NamedPair("ann/1", "ann/2", 0.8)]
