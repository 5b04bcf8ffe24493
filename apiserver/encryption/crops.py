"""Encrypted crops of enrolled faces, which are columns of the database."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from apiserver.encryption.keys import DirectoryKeys
from apiserver.encryption.sealing import DataKey, Place, is_sealed, key_id_of, sealed, unsealed
from apiserver.problems import ObjectDamaged


class StoredCrop(NamedTuple):
    """A crop as it is stored, and the key that encrypts it; None if it is not encrypted."""

    crop: bytes | None
    key_id: UUID | None


def encrypted_crop(
    key: DataKey | None, directory: str, sha256: bytes, box: Sequence[int], crop: bytes | None
) -> StoredCrop:
    """Return what is stored of the crop of a face: it is bound to the digest of its photograph and to its box.

    Both stay as they are when a face is moved to another person or gets another id.
    """
    if key is None or crop is None:
        return StoredCrop(crop, None)
    return StoredCrop(sealed(key, _place(directory, sha256, box), crop), key.key_id)


async def decrypted_crop(keys: DirectoryKeys, directory: str, row: Mapping[str, Any]) -> bytes:
    """Return the crop of a row with `crop`, `crop_key`, `image_sha256` and `box`.

    Raises DatabaseUnavailable, KeyUnavailable or ObjectDamaged. The caller holds no connection.
    """
    stored: bytes = row["crop"]
    if not is_sealed(stored):
        if row["crop_key"]:
            raise ObjectDamaged
        return stored
    key = await keys.find(directory, key_id_of(stored))
    return unsealed(key, _place(directory, row["image_sha256"], row["box"]), stored)


def _place(directory: str, sha256: bytes, box: Sequence[int]) -> Place:
    return Place(directory, f"crop {sha256.hex()} {','.join(map(str, box))}")
