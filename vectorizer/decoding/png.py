"""PNG: only the chunks that a picture needs, so that no text, profile or wrong checksum of theirs matters.

Chunks: PNG specification, third edition, section 5.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import pack

from vectorizer.decoding.budget import check_count
from vectorizer.problems import ImageUnreadable, InvalidFileFormat

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_MAX_METADATA = 1 << 20
"""Bytes of a text with an orientation, unpacked; what Pillow reads at most."""

_MAX_CHUNKS = 50_000
"""Chunks of a file; those of pixels have 8 KB in most files, so 32 MB are 4,000."""

_MAX_HEAD = 1_000
"""Chunks that are kept in addition to those of pixels."""

_MANY_ZEROS = 16
"""Zeros at the end of an incomplete chunk that are not content."""

_HEADER_BYTES = 13
_PALETTE = 3
_TRANSPARENCY_BYTES = {0: 2, 2: 6}
"""Length of a transparent colour, by colour type: grey, RGB."""

_KIND = re.compile(rb"[A-Za-z]{4}")
_NEEDED = frozenset({b"IHDR", b"PLTE", b"IDAT"})
_ANCILLARY = 0x20
"""Set in the first letter of chunks without which a picture can be decoded."""

_KEPT_TEXTS = (b"XML:com.adobe.xmp\0", b"Raw profile type exif\0")
"""Texts that may have an orientation."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """whole: the file has all of it. valid: its checksum is right. followed: a further chunk comes after it."""

    kind: bytes
    content: memoryview
    whole: bool
    valid: bool
    followed: bool


def without_ancillary(data: bytes) -> bytes:
    """Return the file without chunks that do not change the picture, up to the image data that can be trusted.

    Only the transparency, EXIF, and short texts with an orientation stay. Of an animation, the default image stays.
    Raises ImageUnreadable for a wrong checksum, InvalidFileFormat for a picture that needs unknown chunks.
    """
    head: list[_Chunk] = []
    pictures: list[memoryview] = []
    texts: set[bytes] = set()
    for number, chunk in enumerate(_chunks(data), 1):
        check_count(number, _MAX_CHUNKS, "chunks")
        if chunk.kind != b"IDAT":
            if _is_needed(chunk, head, texts):
                head.append(chunk)
        elif chunk.whole and not chunk.valid and chunk.followed:
            # Damage. A last chunk with a wrong checksum is one within which the file was cut.
            break
        else:
            pictures.append(chunk.content if chunk.valid else _transferred(chunk.content))
    if not head or not pictures:
        raise ImageUnreadable("PNG")
    check_count(len(head), _MAX_HEAD, "chunks besides its pixels")
    written = [_written(chunk.kind, chunk.content) for chunk in head]
    written += [_written(b"IDAT", content) for content in pictures]
    return b"".join([SIGNATURE, *written, _written(b"IEND")])


def _is_needed(chunk: _Chunk, head: list[_Chunk], texts: set[bytes]) -> bool:
    """Whether to keep a chunk without image data. Raises ImageUnreadable or InvalidFileFormat."""
    if chunk.kind in _NEEDED:
        if not chunk.valid:
            raise ImageUnreadable("PNG")
        return True
    if not chunk.kind[0] & _ANCILLARY:
        raise InvalidFileFormat("image/png", f"PNG with chunks {chunk.kind.decode()} is not supported")
    return chunk.valid and _is_kept(chunk, head, texts)


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Yield the chunks before the end of the image."""
    view = memoryview(data)
    position = len(SIGNATURE)
    while _KIND.fullmatch(data, position + 4, position + 8):
        end = position + 8 + int.from_bytes(view[position : position + 4])
        kind, content = data[position + 4 : position + 8], view[position + 8 : end]
        checksum = view[end : end + 4]
        whole = len(checksum) == 4
        needed = kind in _NEEDED or _may_be_kept(kind)
        valid = whole and needed and zlib.crc32(content, zlib.crc32(kind)) == int.from_bytes(checksum)
        if kind == b"IEND":
            break
        position = end + 4
        yield _Chunk(kind, content, whole, valid, _KIND.fullmatch(data, position + 4, position + 8) is not None)


def _transferred(content: memoryview) -> memoryview:
    """Return the content of the last chunk without the zeros of a file that was not transferred to its end."""
    length = len(bytes(content).rstrip(b"\0"))
    return content[:length] if len(content) - length >= _MANY_ZEROS else content


def _may_be_kept(kind: bytes) -> bool:
    return kind in {b"tRNS", b"eXIf", b"tEXt", b"zTXt", b"iTXt"}


def _is_kept(chunk: _Chunk, head: list[_Chunk], texts: set[bytes]) -> bool:
    """Whether to keep an ancillary chunk. texts: those that were looked at, of which only the first ones count."""
    if chunk.kind == b"tRNS":
        # Too short a transparency is none; Pillow would refuse the picture.
        colour_type = head[0].content[9] if head and len(head[0].content) == _HEADER_BYTES else _PALETTE
        return len(chunk.content) >= _TRANSPARENCY_BYTES.get(colour_type, 1)
    if chunk.kind == b"eXIf":
        return True
    key = next((key for key in _KEPT_TEXTS if chunk.content[: len(key)] == key), None)
    if key is None or key in texts:
        return False
    texts.add(key)
    return len(chunk.content) <= _MAX_METADATA and _unpacks(chunk, key)


def _unpacks(chunk: _Chunk, key: bytes) -> bool:
    """Whether a text has few bytes, unpacked."""
    text = bytes(chunk.content[len(key) :])
    if chunk.kind == b"iTXt":
        packed, text = text[:1] == b"\1", text[2:].split(b"\0", 2)[-1]
    else:
        packed, text = chunk.kind == b"zTXt", text[1:]
    if not packed:
        return True
    unpacking = zlib.decompressobj()
    try:
        return bool(unpacking.decompress(text, _MAX_METADATA)) and not unpacking.unconsumed_tail
    except zlib.error:
        return False


def _written(kind: bytes, content: memoryview | bytes = b"") -> bytes:
    return b"".join((pack(">I", len(content)), kind, content, pack(">I", zlib.crc32(content, zlib.crc32(kind)))))
