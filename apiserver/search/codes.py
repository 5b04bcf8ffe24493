"""The codes of a directory's faces in memory; the only module that uses faiss and numpy.

Searches run on other threads while faces are added and removed. Rows never move within their memory: added ones go to
the end, where no earlier view looks, and removed ones are overwritten with zeros.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from apiserver.biometrics.face import Embedding
from apiserver.search.planning import BYTES_OF_ID, GROWTH, bytes_of_code

_ROUNDED_TO_ZERO = 2.0**-25
"""The largest value that half precision, in which embeddings are stored, rounds to zero."""
_MAX_HOLES = 256
"""Removed rows that are left among the others; each search has to look at as many more."""
_COPY_HEAD = 19
"""Bytes before the rows of PostgreSQL's binary COPY: signature, flags, length of an extension, which is 0."""
_COPY_END = b"\xff\xff"
_PARSED_BYTES = 2**20

_BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1).astype(np.float32)
"""The bits of each byte, [256, 8]."""

Bytes = NDArray[np.uint8]

# Codes that all probes are compared with before the next ones. This number of them stays in a core's cache.
faiss.cvar.hamming_batch_size = 2**14  # type: ignore[attr-defined]  # SWIG makes it


@dataclass(frozen=True, slots=True)
class Rows:
    """Faces as PostgreSQL sent them: ids [n, 16], whether each is there now [n], and codes [n, bytes]."""

    ids: Bytes
    there: NDArray[np.bool_]
    codes: Bytes


@dataclass(frozen=True, slots=True)
class View:
    """The codes [n, bytes] and the ids [n, 16] of the faces at one moment; holes: the number of removed ones."""

    codes: Bytes
    ids: Bytes
    holes: int

    def nearest(self, probes: Sequence[Embedding], *, coarse: int, fine: int) -> list[list[str]]:
        """Return the ids of the faces whose codes are most similar to each probe, up to `fine` of them.

        The `coarse` nearest in Hamming distance are ranked by the product of the probe itself with the signs, which
        orders them better. Releases the GIL for most of its time, which is some milliseconds for a million faces.
        """
        if not len(self.codes):
            return [[] for _ in probes]
        given = np.asarray(probes, np.float32)
        faiss.omp_set_num_threads(1)  # of this thread: others serve other requests, and the same photograph
        signs = np.packbits(given > _ROUNDED_TO_ZERO, axis=1)
        count = min(coarse + self.holes, len(self.codes))
        _, rows = faiss.knn_hamming(signs, self.codes, count, variant="mc")
        whole = np.pad(given, ((0, 0), (0, -given.shape[1] % 8)))
        return [_texts(self.ids[self._finest(probe, of, fine)]) for probe, of in zip(whole, rows, strict=True)]

    def _finest(self, probe: NDArray[np.float32], rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        if self.holes:
            rows = rows[self.ids[rows].any(axis=1)]
        if len(rows) <= count:
            return rows
        # The sum over the ones alone has the same order: the sum over the zeros follows from it.
        of_bytes = probe.reshape(-1, 8) @ _BITS.T
        places = self.codes[rows] + np.arange(0, of_bytes.size, 256, dtype=np.int32)
        products = of_bytes.ravel().take(places.astype(np.int32, copy=False)).sum(axis=1)
        finest: NDArray[np.int64] = rows[np.argpartition(products, -count)[-count:]]
        return finest


class Codes:
    """Codes and ids that grow and shrink. One thread at a time changes them; searches use a view."""

    def __init__(self, dimension: int, capacity: int) -> None:
        self._dimension = dimension
        self._codes = np.empty((capacity, bytes_of_code(dimension)), np.uint8)
        self._ids = np.empty((capacity, BYTES_OF_ID), np.uint8)
        self._count = 0
        self._holes = 0

    @property
    def size_bytes(self) -> int:
        """The memory that is allocated."""
        return self._codes.nbytes + self._ids.nbytes

    def view(self) -> View:
        """Return what a search looks at; not while the codes are changed."""
        return View(self._codes[: self._count], self._ids[: self._count], self._holes)

    def reader(self) -> "CopiedRows":
        """Return a reader of such codes."""
        return CopiedRows(self._dimension)

    def replace(self, changed: Sequence[Rows]) -> None:
        """Remove all faces whose ids begin like those of the rows, and add those that are there now."""
        for rows in changed:
            self._remove(rows.ids)
        for rows in changed:
            self.add(rows)

    def add(self, rows: Rows) -> None:
        """Add the faces that are there now, and are not among these codes."""
        ids, codes = rows.ids[rows.there], rows.codes[rows.there]
        end = self._count + len(ids)
        if end > len(self._ids):
            self._move(int(GROWTH * end) + 1)
            end = self._count + len(ids)
        self._ids[self._count : end], self._codes[self._count : end] = ids, codes
        self._count = end

    def _remove(self, ids: Bytes) -> None:
        rows = self._find(ids)
        self._codes[rows] = 0
        self._ids[rows] = 0
        self._holes += len(rows)
        if self._holes > _MAX_HOLES:
            self._move(int(GROWTH * (self._count - self._holes)) + 1)

    def _find(self, ids: Bytes) -> NDArray[np.intp]:
        """Return the rows of faces whose ids begin like one of these."""
        sought, there = np.sort(_beginnings(ids)), _beginnings(self._ids[: self._count])
        if not len(sought):
            return np.empty(0, np.intp)
        rows = np.flatnonzero(sought[np.searchsorted(sought, there).clip(max=len(sought) - 1)] == there)
        return rows[self._ids[rows].any(axis=1)]

    def _move(self, capacity: int) -> None:
        """Copy the rows that are left into new memory, since views look at the old one."""
        kept = self._ids[: self._count].any(axis=1)
        self._ids, self._codes = (_moved(rows[: self._count][kept], capacity) for rows in (self._ids, self._codes))
        self._count, self._holes = int(kept.sum()), 0


def _texts(ids: Bytes) -> list[str]:
    """Return ids as text."""
    digits = ids.tobytes().hex()
    return [digits[first : first + 2 * BYTES_OF_ID] for first in range(0, len(digits), 2 * BYTES_OF_ID)]


def _beginnings(ids: Bytes) -> NDArray[np.uint32]:
    """Return the first 32 bits of each id, by which `face_changes` knows faces."""
    return np.ascontiguousarray(ids[:, :4]).view(np.uint32)[:, 0]


def _moved(rows: Bytes, capacity: int) -> Bytes:
    moved = np.empty((capacity, rows.shape[1]), np.uint8)
    moved[: len(rows)] = rows
    return moved


class CopiedRows:
    """Reads rows (face uuid, there boolean, code varbit) from PostgreSQL's binary COPY, as they arrive.

    All codes have `dimension` bits, so rows have one size. Raises ValueError at a row of another size.
    """

    def __init__(self, dimension: int) -> None:
        code = bytes_of_code(dimension)
        self._row = np.dtype(
            [
                *(("columns", ">i2"), ("face_size", ">i4"), ("face", "u1", BYTES_OF_ID)),
                *(("there_size", ">i4"), ("there", "?")),
                *(("code_size", ">i4"), ("bits", ">i4"), ("code", "u1", code)),
            ]
        )
        sizes = {"face_size": BYTES_OF_ID, "there_size": 1, "code_size": 4 + code}
        self._expected = {"columns": 3, "bits": dimension, **sizes}
        self._left = bytearray()
        self._begun = False

    def read(self, data: bytes, *, last: bool = False) -> Iterator[Rows]:
        """Yield rows, many at a time."""
        self._left += data
        if not self._begun and len(self._left) >= _COPY_HEAD:
            self._begun = True
            del self._left[:_COPY_HEAD]
        size = self._row.itemsize
        whole = len(self._left) // size
        if self._begun and whole and (last or len(self._left) >= _PARSED_BYTES):
            rows = np.frombuffer(bytes(self._left[: whole * size]), self._row)
            del self._left[: whole * size]
            if any((rows[name] != expected).any() for name, expected in self._expected.items()):
                raise ValueError("a code of another size")
            yield Rows(rows["face"], rows["there"], rows["code"])
        if last and self._left != _COPY_END:
            raise ValueError("a row that is cut off, or of another size")
