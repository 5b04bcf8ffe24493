"""Whether the embedding that a bundle brings is that of its crop."""

import math
from collections.abc import Sequence
from enum import StrEnum

from apiserver.enrolment.warnings import EnrolmentWarning

MIN_AGREEMENT = 0.95
"""Minimum cosine of a bundle's embedding with that of its crop.

The least one of 500 faces of LFW is 0.982 with SFace and 0.985 with ArcFace (w600k_mbf), over ONNX Runtime and OpenVINO
in single precision and bfloat16, and the JPEG of the crop (bench/results/crops-*.json). The margin is for poorer faces
and for runtimes that were not measured, such as half precision on a GPU. The match thresholds
are below 0.5.
"""

EMBEDDING_REPLACED = "embedding-replaced"


class Trust(StrEnum):
    """What is used from a bundle without a check."""

    EMBEDDINGS = "embeddings"


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the cosine of two embeddings, at most 1."""
    lengths = math.sqrt(math.fsum(x * x for x in one) * math.fsum(x * x for x in other))
    return min(1.0, math.fsum(x * y for x, y in zip(one, other, strict=True)) / lengths)


def replaced_warning(agreement: float) -> EnrolmentWarning:
    """Return the warning of a face whose embedding in the bundle was not used."""
    detail = (
        f"The bundle's embedding is not that of the crop: their cosine is {agreement:.3f}, below {MIN_AGREEMENT:g}. "
        "The crop was embedded again."
    )
    return EnrolmentWarning(EMBEDDING_REPLACED, detail, agreement, MIN_AGREEMENT)
