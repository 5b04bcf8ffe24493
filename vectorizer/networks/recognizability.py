"""The recognizability of a face: the chance that it matches its own good photograph, and no stranger's.

Networks place faces that show too little of a person close together, so that strangers match: faces upside down,
blurred, dark, as a negative. Their embeddings are short before they are normalised (MagFace, Meng et al., CVPR 2021),
lie near those of other such faces (Deng et al., "Harnessing Unrecognizable Faces for Improving Face Recognition",
WACV 2023), and the pixels have weak edges in some direction.
"""

from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.embedding import Embeddings
from vectorizer.networks.quality import face_luma, measure_edges

_NEAREST = 5


@dataclass(frozen=True, slots=True)
class Recognizability:
    """A logistic regression on signs of a face, fitted by bench/recognizability for one embedder.

    centres: (k, dimension), of length 1, of clusters of unrecognizable faces. weights: (signs,). See `signs`.
    """

    centres: NDArray[np.float32]
    weights: NDArray[np.float32]
    intercept: float

    @classmethod
    def read(cls, name: str) -> "Recognizability":
        """Read the file `name` of the package vectorizer.packs."""
        with files("vectorizer.packs").joinpath(name).open("rb") as file, np.load(file) as arrays:
            centres, weights = (arrays[part].astype(np.float32) for part in ("centres", "weights"))
            return cls(centres, weights, float(arrays["intercept"]))

    def of(self, aligned: NDArray[np.uint8], scores: NDArray[np.float32], embedded: Embeddings) -> NDArray[np.float32]:
        """Return (n,) values from 0 to 1 for (n, 112, 112, 3) aligned faces, their detector scores and embeddings."""
        if not len(aligned):
            return np.empty(0, np.float32)
        pixels = np.stack([pixel_signs(face) for face in aligned])
        evidence = signs(pixels, scores, embedded, self.centres) @ self.weights + self.intercept
        chances: NDArray[np.float32] = (1 / (1 + np.exp(-evidence))).astype(np.float32)
        return chances


def pixel_signs(aligned: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (7,) what the pixels of one aligned face, (112, 112, 3), say about its recognizability."""
    edges = measure_edges(face_luma(aligned))
    least, most, weakest = edges.sharpness.min(), edges.sharpness.max(), edges.first.min()
    contrast = np.log(edges.contrast + 0.5)
    # The last three are low in motion, which blurs one direction only.
    return np.array(
        [least, least**2, contrast, contrast**2, least / (most + 0.05), edges.steepness, np.log(weakest + 0.1)],
        np.float32,
    )


def signs(
    pixels: NDArray[np.float32], scores: NDArray[np.float32], embedded: Embeddings, centres: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return (n, 13 + dimension) signs of n faces: `pixel_signs` (n, 7), score, length, nearness, the vector itself."""
    nearness = np.sort(embedded.vectors @ centres.T, axis=1)[:, -_NEAREST:]
    columns = [
        scores,
        np.log(np.maximum(1 - scores, 1e-3)),
        embedded.lengths,
        np.log(embedded.lengths + 1e-3),
        nearness[:, -1],
        nearness.mean(axis=1),
    ]
    together: NDArray[np.float32] = np.concatenate([pixels, np.stack(columns, axis=1), embedded.vectors], axis=1)
    return together
