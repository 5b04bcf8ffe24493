"""What is stored of a photograph: its picture without metadata, or the file as it was sent where that is wished."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from apiserver.biometrics.face import Image
from apiserver.metadata.stripping import stripped
from apiserver.problems import VectorizerUnavailable
from apiserver.storage.images import ImageRow, image_row

PICTURE_TYPE = "image/jpeg"
"""Media type of a picture that the vectorizer encoded."""

_MAX_AT_ONCE = 200_000
"""Bytes that are rewritten or digested on the event loop, in a fraction of a millisecond."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Photograph:
    """A photograph as it was sent, and the forms in which it may be stored.

    cleaned: the file without metadata; None if its structure is not known well enough. picture: the picture encoded
    again, for those.
    """

    content: bytes
    cleaned: bytes | None
    image: Image
    picture: bytes | None = None


async def without_metadata(content: bytes) -> bytes | None:
    """Return an image file without metadata; None if the picture has to be encoded again."""
    return await _aside(lambda: stripped(content), len(content))


async def to_store(
    photograph: Photograph, directory: str, keep: timedelta, secret: bytes, *, as_sent: bool = False
) -> tuple[ImageRow, bytes]:
    """Return the row of a photograph and the content of its object; as it was sent if that is wished.

    The key follows from the secret and the file as it was sent, whatever is stored of it. Raises VectorizerUnavailable
    if the picture is missing, which had to be encoded again.
    """
    stored = photograph.content if as_sent else photograph.cleaned or photograph.picture
    if stored is None:
        raise VectorizerUnavailable("The vectorizer does not encode pictures yet.")
    return await _aside(lambda: (_row(photograph, directory, stored, keep, secret), stored), len(photograph.content))


def _row(photograph: Photograph, directory: str, stored: bytes, keep: timedelta, secret: bytes) -> ImageRow:
    row = image_row(directory, photograph.content, photograph.image, keep, secret)
    if stored is photograph.content:
        return row
    return row._replace(
        media_type=PICTURE_TYPE if stored is photograph.picture else row.media_type,
        size_bytes=len(stored),
        stored_sha256=hashlib.sha256(stored).digest(),
    )


async def _aside(work: Callable[[], _T], size_bytes: int) -> _T:
    """Return what `work` returns, on a thread if there are enough bytes to make others wait."""
    return work() if size_bytes <= _MAX_AT_ONCE else await asyncio.to_thread(work)
