"""Sources of an import: a zip archive, a bundle, or objects in the store. Reading raises a Refused or an Outage."""

import asyncio
from typing import NamedTuple
from zipfile import ZipFile

from apiserver.bundles.embeddings import HEADER_BYTES, read_header, read_rows
from apiserver.bundles.format import BundleFace, Manifest
from apiserver.bundles.zip_reading import read_member, reading_zip
from apiserver.imports.records import Item
from apiserver.problems import BundleInvalid
from apiserver.storage.archives import Archives

_ROWS_AT_ONCE = 1024
"""Embeddings read at once: their file is far from the crops and photographs in the archive, so each read seeks."""

_MAX_CROP_BYTES = 100_000
_JPEG = b"\xff\xd8\xff"


class Material(NamedTuple):
    """Data of one item: photograph, crop, embedding, and the description from a bundle; None if absent."""

    image: bytes | None
    crop: bytes | None = None
    embedding: list[float] | None = None
    description: BundleFace | None = None


class Keys:
    """Objects that a client put into the store."""

    def __init__(self, archives: Archives, max_image_bytes: int) -> None:
        self._archives = archives
        self._max_image_bytes = max_image_bytes

    async def read(self, item: Item) -> Material:
        """Return the object at the item's key."""
        return Material(await self._archives.read_object(item.source["key"], self._max_image_bytes))


class Members:
    """Photographs in a zip archive, which is read sequentially."""

    def __init__(self, archive: ZipFile, max_image_bytes: int) -> None:
        self._archive = archive
        self._max_image_bytes = max_image_bytes
        self._turn = asyncio.Lock()

    async def read(self, item: Item) -> Material:
        """Return the item's file in the archive."""
        info = self._archive.getinfo(item.source["member"])
        async with self._turn:
            return Material(await asyncio.to_thread(read_member, self._archive, info, self._max_image_bytes))


class BundleParts:
    """Faces of a bundle, with embeddings of `model` only: embeddings of other models are not comparable."""

    def __init__(self, archive: ZipFile, manifest: Manifest, model: str, max_image_bytes: int) -> None:
        self._archive = archive
        self._max_image_bytes = max_image_bytes
        self._turn = asyncio.Lock()
        self._embeddings = {
            known.id: _Rows(archive, known.embeddings) for known in manifest.models if known.id == model and known.faces
        }

    async def read(self, item: Item) -> Material:
        """Return the data of the item's face in the bundle."""
        face = BundleFace.model_validate(item.source["face"])
        async with self._turn:
            return await asyncio.to_thread(self._read, face)

    def _read(self, face: BundleFace) -> Material:
        crop = self._part(face.crop_name, _MAX_CROP_BYTES)
        if crop is not None and not crop.startswith(_JPEG):
            raise BundleInvalid(f"{face.crop_name} is not a JPEG file.")
        image = self._part(face.image_name, self._max_image_bytes)
        rows = self._embeddings.get(face.model or "")
        embedding = rows.read(face.row) if rows and crop and face.row is not None else None
        if image is None and crop is None:
            raise BundleInvalid("The bundle has neither a crop nor a photograph of this face.")
        return Material(image, crop, embedding, face)

    def _part(self, name: str | None, max_bytes: int) -> bytes | None:
        info = self._archive.NameToInfo.get(name) if name else None
        return read_member(self._archive, info, max_bytes) if info else None


Source = Keys | Members | BundleParts


class _Rows:
    """The embeddings of one model, optimized for sequential access."""

    def __init__(self, archive: ZipFile, name: str) -> None:
        info = archive.NameToInfo.get(name)
        if info is None:
            raise BundleInvalid(f"The bundle has no {name}.")
        with reading_zip():
            self._file = archive.open(info)
            start = self._file.read(HEADER_BYTES)
        self._total, self._dimension, self._begin = read_header(start)
        self._first = 0
        self._rows: list[list[float]] = []

    def read(self, row: int) -> list[float]:
        """Return the embedding in a row. Raises BundleInvalid if the row does not exist."""
        if not self._first <= row < self._first + len(self._rows):
            self._fetch(row)
        return self._rows[row - self._first]

    def _fetch(self, row: int) -> None:
        if row >= self._total:
            raise BundleInvalid(f"The file of embeddings has no row {row}.")
        row_bytes = 2 * self._dimension
        length = min(_ROWS_AT_ONCE, self._total - row) * row_bytes
        with reading_zip():
            self._file.seek(self._begin + row * row_bytes)
            content = self._file.read(length)
        if len(content) < length:
            raise BundleInvalid("The file of embeddings is truncated.")
        self._first, self._rows = row, read_rows(content, self._dimension)
