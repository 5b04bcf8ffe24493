"""Comparisons of embedded photographs: those of a table, or all pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.accuracy.error_rates import NO_FACE, BoolArray, FloatArray
from bench.photographs.embeddings import EmbeddedFolder
from bench.photographs.pairs import Pair

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Comparisons:
    """Pairs of photographs, by their place in the folder; arrays of shape (pairs,).

    `similarity` is the cosine, or `NO_FACE` where a photograph of the pair has no usable face.
    """

    first: Rows
    second: Rows
    same: BoolArray
    similarity: FloatArray


@dataclass(frozen=True)
class NamedPair:
    """A pair to look at."""

    first: str
    second: str
    similarity: float


def compare_table(folder: EmbeddedFolder, pairs: Sequence[Pair]) -> Comparisons:
    """Compare the pairs of a table. Raises ValueError for a name the folder lacks."""
    rows = {photograph.name: row for row, photograph in enumerate(folder.photographs)}
    missing = {name for pair in pairs for name in (pair.first, pair.second)} - rows.keys()
    if missing:
        raise ValueError(f"{len(missing)} photographs of the table are not in the folder, for example {min(missing)}.")
    first = np.array([rows[pair.first] for pair in pairs])
    second = np.array([rows[pair.second] for pair in pairs])
    cosines = np.einsum("nd,nd->n", folder.embeddings[first], folder.embeddings[second])
    return Comparisons(first, second, np.array([pair.same for pair in pairs]), np.nan_to_num(cosines, nan=NO_FACE))


def compare_all(folder: EmbeddedFolder) -> Comparisons:
    """Compare every two photographs in people's sub-folders."""
    rows = np.array([row for row, photograph in enumerate(folder.photographs) if photograph.person is not None])
    people = np.unique([str(folder.photographs[row].person) for row in rows], return_inverse=True)[1]
    embeddings = folder.embeddings[rows]
    first, second = np.triu_indices(len(rows), k=1)
    cosines = (embeddings @ embeddings.T)[first, second]
    same = people[first] == people[second]
    return Comparisons(rows[first], rows[second], same, np.nan_to_num(cosines, nan=NO_FACE))


def most_alike_impostors(folder: EmbeddedFolder, comparisons: Comparisons, count: int) -> list[NamedPair]:
    """Return the most similar pairs of two people: look-alikes, or one person under two names."""
    impostors = np.flatnonzero(~comparisons.same & (comparisons.similarity > NO_FACE))
    return _named(folder, comparisons, impostors[np.argsort(-comparisons.similarity[impostors])[:count]])


def least_alike_genuine(folder: EmbeddedFolder, comparisons: Comparisons, count: int) -> list[NamedPair]:
    """Return the least similar pairs of one person: hard photographs, or somebody else's."""
    genuine = np.flatnonzero(comparisons.same & (comparisons.similarity > NO_FACE))
    return _named(folder, comparisons, genuine[np.argsort(comparisons.similarity[genuine])[:count]])


def _named(folder: EmbeddedFolder, comparisons: Comparisons, chosen: Rows) -> list[NamedPair]:
    return [
        NamedPair(
            folder.photographs[comparisons.first[pair]].name,
            folder.photographs[comparisons.second[pair]].name,
            float(comparisons.similarity[pair]),
        )
        for pair in chosen
    ]
