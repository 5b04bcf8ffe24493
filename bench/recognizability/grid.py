"""The looks at many people's photographs, by person and kind of damage."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench.accuracy.error_rates import BoolArray, FloatArray
from bench.recognizability.looks import WHOLE, LookedAt, Looks
from vectorizer.networks.recognizability import Recognizability, signs


@dataclass(frozen=True)
class Grid:
    """`p` people by `k` kinds. rows: (p, k) of `looks`, -1 where it was not looked or no face was found.

    looked: (p, k), whether it was looked. threshold: the cosine of a match.
    """

    kinds: list[str]
    looks: Looks
    rows: NDArray[np.intp]
    looked: BoolArray
    threshold: float

    @classmethod
    def of(cls, people: Sequence[LookedAt], kinds: Sequence[str], threshold: float) -> "Grid":
        """Arrange what was seen of people; those without a face on the undamaged photograph are left out."""
        people = [one for one in people if one.looks[one.kinds.index(WHOLE)].found[0]]
        looks: list[Looks] = []
        rows = np.full((len(people), len(kinds)), -1)
        looked = np.zeros(rows.shape, bool)
        for person, one in enumerate(people):
            for kind, name in enumerate(kinds):
                if name in one.kinds:
                    looked[person, kind] = True
                    look = one.looks[one.kinds.index(name)]
                    if look.found[0]:
                        rows[person, kind] = len(looks)
                        looks.append(look)
        return cls(list(kinds), Looks.joined(looks), rows, looked, threshold)

    def people(self, index: NDArray[np.intp]) -> "Grid":
        """Return only these people."""
        return Grid(self.kinds, self.looks, self.rows[index], self.looked[index], self.threshold)

    def without(self, kinds: Collection[str]) -> "Grid":
        """Return only the other kinds of damage."""
        kept = [number for number, kind in enumerate(self.kinds) if kind not in kinds]
        names = [self.kinds[number] for number in kept]
        return Grid(names, self.looks, self.rows[:, kept], self.looked[:, kept], self.threshold)

    @property
    def found(self) -> BoolArray:
        """(p, k), whether a face was found."""
        return self.rows >= 0

    @property
    def shown(self) -> NDArray[np.intp]:
        """The rows of all faces that were found, in the order of `found`."""
        return self.rows[self.found]

    @cached_property
    def own(self) -> FloatArray:
        """(p, k) cosine with the person's undamaged photograph, -1 without a face."""
        whole = self.looks.vectors[self.rows[:, self.kinds.index(WHOLE)]]
        cosines = np.einsum("pkd,pd->pk", self.looks.vectors[self.rows], whole)
        return np.where(self.found, cosines, -1).astype(np.float64)

    @cached_property
    def strangers(self) -> NDArray[np.intp]:
        """(p, k), how many of the other people match a face when both photographs have the same damage."""
        return np.stack([self.matches(kind).sum(axis=1) for kind in range(len(self.kinds))], axis=1)

    def matches(self, kind: int) -> BoolArray:
        """Return (p, p), whether two people match when both photographs have this damage; nobody matches himself."""
        vectors = self.looks.vectors[self.rows[:, kind]]
        found = self.found[:, kind]
        matching = (vectors @ vectors.T >= self.threshold) & found & found[:, None]
        np.fill_diagonal(matching, val=False)
        return matching

    def recognizabilities(self, recognizability: Recognizability) -> FloatArray:
        """Return (p, k) values, 0 without a face."""
        values = np.zeros(self.rows.shape)
        values[self.found] = judge(recognizability, self.looks.pick(self.shown))
        return values


def judge(recognizability: Recognizability, looks: Looks) -> FloatArray:
    """Return the recognizability of each face, shape (n,)."""
    evidence = signs(looks.pixels, looks.scores, looks.embedded, recognizability.centres) @ recognizability.weights
    chances: FloatArray = 1 / (1 + np.exp(-(evidence.astype(np.float64) + recognizability.intercept)))
    return chances
