"""The recognizability of a face: the chance that it would match a good photograph of the same person."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.embedding import Embeddings
from vectorizer.packs.manifest import RecognizabilityManifest


@dataclass(frozen=True, slots=True)
class Recognizability:
    """A logistic regression on what the networks and the pixels say about a face, measured for one embedder."""

    intercept: float
    length: float

    @classmethod
    def read(cls, manifest: RecognizabilityManifest) -> "Recognizability":
        """Return that of an embedder's manifest."""
        return cls(manifest.intercept, manifest.length)

    def of(
        self,
        aligned: NDArray[np.uint8],  # noqa: ARG002 - a sign of the final model
        scores: NDArray[np.float32],  # noqa: ARG002
        embedded: Embeddings,
    ) -> NDArray[np.float32]:
        """Return (n,) values from 0 to 1 for (n, 112, 112, 3) aligned faces, their detector scores and embeddings."""
        evidence = self.intercept + self.length * embedded.lengths
        chances: NDArray[np.float32] = (1 / (1 + np.exp(-evidence))).astype(np.float32)
        return chances
