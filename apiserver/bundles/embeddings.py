"""Embeddings as a NumPy file: float16, one row per face.

The format is a header followed by the values, so the gateway does not need NumPy for it.
Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, versions 1.0 and 2.0.
"""

import ast
import struct
from array import array

from pgvector import HalfVector

from apiserver.problems import BundleInvalid

_MAGIC = b"\x93NUMPY"
_ALIGNMENT = 64
_MAX_HEADER = 10_000
MAX_DIMENSION = 16_000
"""Of an embedding: pgvector's limit for `halfvec`. Many rows of it are read at once."""

_WRONG = "The file of embeddings is not a NumPy file of float16 with one row per face."

HEADER_BYTES = len(_MAGIC) + 2 + 2 + _MAX_HEADER
"""Maximum size of the header of a file that can be read."""


def header(rows: int, dimension: int) -> bytes:
    """Return the header of a file, in format version 1.0."""
    text = f"{{'descr': '<f2', 'fortran_order': False, 'shape': ({rows}, {dimension}), }}"
    before = len(_MAGIC) + 4
    padding = -(before + len(text) + 1) % _ALIGNMENT
    text += " " * padding + "\n"
    return _MAGIC + b"\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin-1")


def row(embedding: HalfVector) -> bytes:
    """Return an embedding as the bytes of a row."""
    bits = array("H", embedding.to_binary()[4:])
    bits.byteswap()  # PostgreSQL sends big-endian values, the file is little-endian
    return bits.tobytes()


def read_header(start: bytes) -> tuple[int, int, int]:
    """Return the number of rows, the dimension, and the offset of the first row. Raises BundleInvalid."""
    try:
        size, form = {b"\x01": (2, "<H"), b"\x02": (4, "<I")}[start.removeprefix(_MAGIC)[:1]]
        begin = len(_MAGIC) + 2 + size
        (length,) = struct.unpack(form, start[begin - size : begin])
        described = ast.literal_eval(start[begin : begin + min(length, _MAX_HEADER)].decode("latin-1").strip())
        rows, dimension = described["shape"]
        kind = described["descr"], described["fortran_order"]
    except (ValueError, KeyError, TypeError, SyntaxError, MemoryError, RecursionError, struct.error) as error:
        raise BundleInvalid(_WRONG) from error
    whole = isinstance(rows, int) and isinstance(dimension, int)
    if kind != ("<f2", False) or not whole or not 0 < dimension <= MAX_DIMENSION:
        raise BundleInvalid(_WRONG)
    return rows, dimension, begin + length


def read_rows(content: bytes, dimension: int) -> list[list[float]]:
    """Return the embeddings in `content`, which consists of whole rows."""
    numbers = struct.unpack(f"<{len(content) // 2}e", content)
    return [list(numbers[start : start + dimension]) for start in range(0, len(numbers), dimension)]
