"""Embeddings as a NumPy file: float16, one row a face.

Written out here because it is a header and the numbers themselves, and nothing else would bring NumPy to the gateway.
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

_WRONG = "The embeddings are no NumPy file of float16, one row a face."

HEADER_BYTES = len(_MAGIC) + 2 + 2 + _MAX_HEADER
"""So many bytes hold the header of any file that is read here."""


def header(rows: int, dimension: int) -> bytes:
    """Return what such a file begins with, of version 1.0."""
    text = f"{{'descr': '<f2', 'fortran_order': False, 'shape': ({rows}, {dimension}), }}"
    before = len(_MAGIC) + 4
    padding = -(before + len(text) + 1) % _ALIGNMENT
    text += " " * padding + "\n"
    return _MAGIC + b"\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin-1")


def row(embedding: HalfVector) -> bytes:
    """Return an embedding as a row."""
    bits = array("H", embedding.to_binary()[4:])
    bits.byteswap()  # PostgreSQL's order is big-endian, the file's is little-endian
    return bits.tobytes()


def read_header(start: bytes) -> tuple[int, int, int]:
    """Return rows, dimension, and where the rows begin. Raises BundleInvalid for any other kind of array."""
    try:
        size, form = {b"\x01": (2, "<H"), b"\x02": (4, "<I")}[start.removeprefix(_MAGIC)[:1]]
        begin = len(_MAGIC) + 2 + size
        (length,) = struct.unpack(form, start[begin - size : begin])
        described = ast.literal_eval(start[begin : begin + min(length, _MAX_HEADER)].decode("latin-1").strip())
        rows, dimension = described["shape"]
        kind = described["descr"], described["fortran_order"]
    except (ValueError, KeyError, TypeError, SyntaxError, MemoryError, RecursionError, struct.error) as error:
        raise BundleInvalid(_WRONG) from error
    if kind != ("<f2", False) or not (isinstance(rows, int) and isinstance(dimension, int) and dimension > 0):
        raise BundleInvalid(_WRONG)
    return rows, dimension, begin + length


def read_rows(content: bytes, dimension: int) -> list[list[float]]:
    """Return the embeddings in so many whole rows."""
    numbers = struct.unpack(f"<{len(content) // 2}e", content)
    return [list(numbers[start : start + dimension]) for start in range(0, len(numbers), dimension)]
