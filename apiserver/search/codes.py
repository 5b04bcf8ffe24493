"""Binary codes of embeddings, used to search large directories."""

from collections.abc import Sequence

_ROUNDED_TO_ZERO = 2.0**-25
"""The largest value that half precision, in which embeddings are stored, rounds to zero."""


def code(embedding: Sequence[float]) -> str:
    """Return the code as a string of bits, like pgvector's `binary_quantize` of a halfvec: 1 for values above zero."""
    return "".join(["1" if value > _ROUNDED_TO_ZERO else "0" for value in embedding])
