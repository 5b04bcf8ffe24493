"""Whether the embedding that a bundle brings is that of its crop."""

import math
from collections.abc import Sequence
from enum import StrEnum

from apiserver.enrolment.warnings import EnrolmentWarning

MIN_AGREEMENT = 0.97
"""Minimum cosine of a bundle's embedding with that of its crop.

TODO
"""

EMBEDDING_REPLACED = "embedding-replaced"


class Trust(StrEnum):
    """What is taken from a bundle unchecked."""

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
