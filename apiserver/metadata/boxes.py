"""The boxes of ISO base media files (ISO/IEC 14496-12), and numbers in them."""

from collections.abc import Iterator

from apiserver.metadata.orientation import UnclearError

MAX_BOXES = 16_384

_HEADER, _LONG_HEADER = 8, 16


class Room:
    """How much of something a file may still have."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, count: int) -> int:
        """Return `count`, which is taken from what is left. Raises UnclearError if there is too little."""
        self._left -= count
        if self._left < 0:
            raise UnclearError
        return count


class Reader:
    """Reads numbers from the beginning of a content to its end. Raises UnclearError beyond it."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    def number(self, size: int) -> int:
        """Return the next number, of `size` bytes."""
        return int.from_bytes(self.take(size))

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        self._position += size
        if self._position > len(self._content):
            raise UnclearError
        return self._content[self._position - size : self._position]

    def version(self) -> tuple[int, int]:
        """Return version and flags of a box that has them."""
        return self.number(1), self.number(3)

    def rest(self) -> bytes:
        """Return everything that is left."""
        return self.take(len(self._content) - self._position)


def boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of the boxes in `content`. Raises UnclearError."""
    position = 0
    for _ in range(MAX_BOXES):
        if position == len(content):
            return
        size, kind, header = (
            int.from_bytes(content[position : position + 4]),
            content[position + 4 : position + 8],
            _HEADER,
        )
        if size == 1:
            size, header = int.from_bytes(content[position + _HEADER : position + _LONG_HEADER]), _LONG_HEADER
        end = position + size if size else len(content)
        if len(kind) < 4 or end < position + header or end > len(content):
            raise UnclearError
        yield kind, content[position + header : end]
        position = end
    raise UnclearError


def box(kind: bytes, *content: bytes) -> bytes:
    """Return a box."""
    whole = b"".join(content)
    return b"".join(((_HEADER + len(whole)).to_bytes(4), kind, whole))


def full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    """Return a box with version and flags."""
    return box(kind, bytes([version]), flags.to_bytes(3), *content)
