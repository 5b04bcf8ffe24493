"""WebP: the chunks that make the first frame, and its colours (RFC 9649)."""

from collections.abc import Iterator

from apiserver.metadata.orientation import UnclearError, minimal_exif, orientation_of
from apiserver.metadata.profiles import profile_in

_RIFF_HEADER, _CHUNK_HEADER = 12, 8
_EXTENDED_BYTES, _ANIMATION_BYTES, _FRAME_BYTES = 10, 6, 16
_IMAGES = frozenset({b"VP8 ", b"VP8L"})
_PROFILE_FLAG, _EXIF_FLAG, _XMP_FLAG = 0x20, 0x08, 0x04

_MAX_CHUNKS = 16_384


def is_webp(data: bytes) -> bool:
    """Whether a file begins as a WebP does."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def stripped(data: bytes) -> bytes:
    """Return a file with its first frame, without what is not needed to show it. Raises UnclearError."""
    chunks = list(_chunks(data, _RIFF_HEADER, _CHUNK_HEADER + int.from_bytes(data[4:8], "little")))
    if not chunks:
        raise UnclearError
    kind, content = chunks[0]
    if kind in _IMAGES and len(chunks) == 1:
        return _file(_chunk(kind, content))
    if kind != b"VP8X" or len(content) != _EXTENDED_BYTES:
        raise UnclearError
    return _extended(content, chunks[1:])


def _extended(header: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    of_kind = dict(reversed(chunks))  # of several, the first one
    pictures = [(kind, content) for kind, content in chunks if kind in _IMAGES or kind in {b"ALPH", b"ANMF"}]
    profile = profile_in(of_kind.get(b"ICCP", b""))
    exif = minimal_exif(orientation_of(of_kind.get(b"EXIF", b""), of_kind.get(b"XMP ", b"")))
    flags = header[0] & ~(_PROFILE_FLAG | _EXIF_FLAG | _XMP_FLAG)
    flags |= (_PROFILE_FLAG if profile else 0) | (_EXIF_FLAG if exif else 0)
    parts = [_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + header[4:])]
    if profile:
        parts.append(_chunk(b"ICCP", profile))
    parts += _animated(of_kind, pictures) if b"ANMF" in of_kind else _still(pictures)
    if exif:
        parts.append(_chunk(b"EXIF", exif))
    return _file(*parts)


def _still(pictures: list[tuple[bytes, bytes]]) -> list[bytes]:
    """Return the alpha and the one image of a frame. Raises UnclearError for anything else."""
    kinds = [kind for kind, _ in pictures]
    if kinds[-1:] not in ([b"VP8 "], [b"VP8L"]) or kinds[:-1] not in ([], [b"ALPH"]):
        raise UnclearError
    return [_chunk(kind, content) for kind, content in pictures]


def _animated(of_kind: dict[bytes, bytes], pictures: list[tuple[bytes, bytes]]) -> list[bytes]:
    """Return the first frame of an animation. Raises UnclearError."""
    if len(of_kind.get(b"ANIM", b"")) != _ANIMATION_BYTES or any(kind != b"ANMF" for kind, _ in pictures):
        raise UnclearError
    frame = of_kind[b"ANMF"]
    inside = [part for part in _chunks(frame, _FRAME_BYTES, len(frame)) if part[0] in _IMAGES or part[0] == b"ALPH"]
    return [_chunk(b"ANIM", of_kind[b"ANIM"]), _chunk(b"ANMF", b"".join([frame[:_FRAME_BYTES], *_still(inside)]))]


def _chunks(data: bytes, position: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of chunks."""
    if end > len(data):
        raise UnclearError
    for _ in range(_MAX_CHUNKS):
        if position >= end:
            return
        kind, size = data[position : position + 4], int.from_bytes(data[position + 4 : position + 8], "little")
        position += _CHUNK_HEADER + size
        if position > end:
            raise UnclearError
        yield kind, data[position - size : position]
        position += size % 2
    raise UnclearError


def _chunk(kind: bytes, content: bytes) -> bytes:
    return b"".join((kind, len(content).to_bytes(4, "little"), content, bytes(len(content) % 2)))


def _file(*chunks: bytes) -> bytes:
    content = b"".join((b"WEBP", *chunks))
    return b"".join((b"RIFF", len(content).to_bytes(4, "little"), content))
