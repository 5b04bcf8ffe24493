"""The coefficients by which each known model has CompreFace's similarities, as docs/compreface.md lists them.

python -m bench compreface-similarity
"""

from collections.abc import Iterator

import typer

from apiserver.api.compreface.similarity import HALF_RATE, RARE_SIMILARITY, Curve
from apiserver.biometrics.model import Calibration, Model, Tail, Thresholds
from vectorizer.packs.manifest import read_manifest

_SIMILARITIES = (0.5, 0.8, 0.9, 0.95)
_STEPS = 100_000


def rows() -> Iterator[str]:
    """Yield the rows of the table: each measured model once, with the cosines of some similarities."""
    for embedder in read_manifest().embedders:
        if not embedder.calibrated or embedder.tail is None:
            continue
        tail = Tail(**embedder.tail.model_dump())
        model = Model(embedder.name, embedder.dimension, Calibration(0, 0), Thresholds(0, 0), tail)
        curve = Curve.of(model)
        cosines = (f"{cosine_at(curve, similarity):.3f}" for similarity in _SIMILARITIES)
        yield f"| `{embedder.name}` | {curve.half:.4f} | {curve.steepness:.4f} | {' | '.join(cosines)} |"


def cosine_at(curve: Curve, similarity: float) -> float:
    """Return the least cosine with a similarity."""
    cosines = (2 * step / _STEPS - 1 for step in range(_STEPS + 1))
    return next(cosine for cosine in cosines if curve.similarity(cosine) >= similarity)


def main() -> None:
    """Print the rates and the table."""
    print(f"0.5 is reached by {HALF_RATE:.5f} of pairs of strangers, {RARE_SIMILARITY:.3f} by one in 100,000.")
    print("\n".join(rows()))


if __name__ == "__main__":
    typer.run(main)
