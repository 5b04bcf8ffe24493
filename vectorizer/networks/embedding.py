"""Turns aligned faces into unit vectors, whose inner product is the similarity of two faces."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.detection import as_input
from vectorizer.networks.sessions import Session


class Embeddings(NamedTuple):
    """The embeddings of `n` faces.

    vectors: (n, dimension), of length 1. lengths: (n,), of the network's output before it was scaled; it grows with
    what the network recognizes in the face.
    """

    vectors: NDArray[np.float32]
    lengths: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Embedder:
    """An embedding network. Its input is RGB pixels, ``(value - mean) / scale``."""

    session: Session
    mean: float
    scale: float

    def embed(self, aligned: NDArray[np.uint8]) -> Embeddings:
        """Return the embeddings of (n, 112, 112, 3) aligned RGB faces."""
        if not len(aligned):
            return Embeddings(np.empty((0, 0), np.float32), np.empty(0, np.float32))
        raw = self.session.run(as_batch(aligned, self.mean, self.scale))[0]
        return Embeddings(normalise(raw), np.linalg.norm(raw, axis=1))


def as_batch(aligned: NDArray[np.uint8], mean: float, scale: float) -> NDArray[np.float32]:
    """Return (n, 112, 112, 3) faces, at least one, as the input of an embedding network: (n, 3, 112, 112)."""
    return np.concatenate([as_input(face, mean=mean, scale=scale) for face in aligned])


def normalise(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each row of (n, dimension) to length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit
