"""Reads a pickle without running any code that it names."""

import pickle
from typing import IO, Any


class UnsafePickle(Exception):
    """The file is not a pickle, or it contains other things than lists, dictionaries, texts, numbers and arrays."""


class Opaque:
    """Stands for an array of NumPy, or a part of one, whose content is not needed."""

    def __init__(self, *_: object) -> None:
        """Accept the arguments of an array."""

    def __setstate__(self, _: object) -> None:
        """Accept the content of an array."""


_OF_ARRAYS = {
    (module, name)
    for package in ("numpy.core", "numpy._core")
    for module, name in (
        (f"{package}.multiarray", "_reconstruct"),
        (f"{package}.multiarray", "scalar"),
        (f"{package}.numeric", "_frombuffer"),
    )
} | {("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")}
"""Everything that pickles of arrays name, for any release of NumPy and any protocol."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> type[Opaque]:
        if (module, name) not in _OF_ARRAYS:
            raise UnsafePickle(f"It names {module}.{name}, which is not part of a list of embeddings.")
        return Opaque

    def persistent_load(self, _: object, /) -> Any:  # noqa: ANN401 - it never returns
        raise UnsafePickle("It refers to an external object.")


def load(file: IO[bytes]) -> object:
    """Return lists, dictionaries, texts and numbers, with Opaque in place of arrays. Raises UnsafePickle."""
    try:
        return _Unpickler(file).load()
    except UnsafePickle:
        raise
    except Exception as error:  # a damaged pickle raises anything
        raise UnsafePickle(f"It cannot be read: {error}") from error
