"""The binary code of an embedding, by which large directories are searched."""

from collections.abc import Sequence

_ROUNDED_TO_ZERO = 2.0**-25
"""The largest number that half precision, in which embeddings are kept, has no other number for than zero."""


def code(embedding: Sequence[float]) -> str:
    """Return the signs as pgvector's `binary_quantize` does for a halfvec: a 1 for each number above zero."""
    return "".join(["1" if value > _ROUNDED_TO_ZERO else "0" for value in embedding])
