"""Keys for clients of CompreFace: a UUID, which contains no id and is looked up by its digest.

122 random bits cannot be tried any more than the 256 of other keys. The digest is of a second UUID, which the first one
gives and which opens photographs alone, so that it may be in a URL: SHA-256 twice, neither step of which goes back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from apiserver.access.grants import Grant
from apiserver.access.scopes import Scope
from apiserver.keys.secrets import hash_of

PREFIX = "/api/v1/"
"""Of the calls that take these keys, and of no others."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_IMAGE = re.compile(r"/api/v1/static/(?P<token>[^/]*)/images/[^/]*")
_IMAGES = "images of "
_PHOTOGRAPHS = frozenset({Scope.READ, Scope.IMAGES})


@dataclass(frozen=True, slots=True)
class UuidKey:
    """A key as a caller sends it. digest: as it is stored. images_only: whether the caller sent the other UUID."""

    digest: bytes
    images_only: bool = False

    def limiting(self, grant: Grant) -> Grant:
        """Return what a caller who sent this may do of what the key gives."""
        return replace(grant, scopes=grant.scopes & _PHOTOGRAPHS) if self.images_only else grant


def new_uuid_text() -> str:
    """Return the text of a new key, to be shown once."""
    return str(uuid4())


def images_token(text: str) -> str:
    """Return the UUID that opens the photographs of a key's directory, and nothing else."""
    return str(UUID(bytes=sha256((_IMAGES + text).encode()).digest()[:16]))


def digest_of(text: str) -> bytes:
    """Return what is stored of a key."""
    return hash_of(images_token(text))


def read_uuid(text: str) -> UuidKey | None:
    """Return the key that a text is; None if it is not a UUID."""
    lowered = text.lower()
    return UuidKey(digest_of(lowered)) if _UUID.fullmatch(lowered) else None


def sent_token(scope: Mapping[str, Any]) -> str | None:
    """Return the text in the place of a key in the path of a photograph; None for other paths."""
    found = _IMAGE.fullmatch(scope["path"])
    return found["token"] if found else None


def read_token(text: str) -> UuidKey | None:
    """Return the key whose photographs a text opens; None if it is not a UUID."""
    lowered = text.lower()
    return UuidKey(hash_of(lowered), images_only=True) if _UUID.fullmatch(lowered) else None
