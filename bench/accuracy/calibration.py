"""From a cosine to the probability that two photographs show one person."""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from bench.accuracy.error_rates import NO_FACE, BoolArray, FloatArray


@dataclass(frozen=True)
class Calibration:
    """A logistic curve over the cosine, at even prior: before looking, both answers are equally likely."""

    slope: float
    intercept: float

    def probability(self, cosine: FloatArray) -> FloatArray:
        """Return P(same person), in the shape of the cosines."""
        return 1 / (1 + np.exp(-(self.slope * cosine + self.intercept)))


def fit_calibration(same: BoolArray, similarity: FloatArray) -> Calibration:
    """Fit the curve to comparisons, shape (n,) each, with equal total weights of genuine and impostor ones.

    Comparisons that lack a face are left out: they have no cosine. A small regularisation keeps the slope finite if a
    small folder separates perfectly; it has no visible effect if pairs overlap.
    """
    seen = similarity > NO_FACE
    model = LogisticRegression(C=1000, class_weight="balanced", solver="newton-cholesky", tol=1e-8)
    model.fit(similarity[seen, np.newaxis], same[seen])
    return Calibration(float(model.coef_[0, 0]), float(model.intercept_[0]))
