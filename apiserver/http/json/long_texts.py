"""JSON bodies with photographs: strings of megabytes are removed before they are parsed.

A parser would hold the event loop, or Python's global lock on a thread, for as long as it reads and unescapes them.
"""

from binascii import a2b_base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from secrets import token_hex

from pydantic_core import from_json

from apiserver.http.upload_stream import joined
from apiserver.problems import InvalidJson
from apiserver.turns import taking_turns

_LONG = 16_384
_MAX_TEXTS = 10
_MAX_ESCAPED_QUOTES = 1_000
_MAX_BACKSLASHES = 64
_SLICE = 1 << 18
"""Bytes that are decoded at once."""

_ESCAPE = 6
"""Bytes of the longest escape, `\\u002f`."""

_NAME = token_hex(4_096)
"""Replaces a text in the rest: clients cannot know it, and it is longer than any other text may be."""


@dataclass(frozen=True, slots=True)
class LongTexts:
    """A JSON body, its rest without the long strings, and their positions by the strings that replace them."""

    rest: bytes
    _body: bytes
    _places: Mapping[str, range]

    async def decoded(self, text: str) -> bytes:
        """Decode the Base64 of a string of the rest, or of the long string that it replaces; padding may be missing.

        Raises ValueError.
        """
        place = self._places.get(text)
        if place is None:
            return _decoded(text.encode("ascii"), is_last=True)[0]
        pieces, escaped, encoded = [], b"", b""
        async for start in taking_turns(place[::_SLICE]):
            is_last = start + _SLICE >= place.stop
            plain, escaped = _unescaped(escaped + self._body[start : min(start + _SLICE, place.stop)], is_last=is_last)
            piece, encoded = _decoded(encoded + plain, is_last=is_last)
            pieces.append(piece)
        return await joined(pieces)


async def without_long_texts(body: bytes, *, max_bytes: int) -> LongTexts:
    """Take the long strings out of a JSON body. Raises InvalidJson if more than `max_bytes` are left."""
    kept: list[bytes] = []
    places: dict[str, range] = {}
    left, size = 0, 0
    async for start, end in taking_turns(_strings(body)):
        is_long = end - start > _LONG
        size += (start if is_long else end) - left + 1
        if size > max_bytes or (is_long and len(places) == _MAX_TEXTS):
            raise InvalidJson("The body has too many values.")
        if is_long:
            name = f"{_NAME}{len(places)}"
            places[name] = range(start + 1, end)
            kept += (body[left : start + 1], name.encode(), b'"')
        else:
            kept.append(body[left : end + 1])
        left = end + 1
    if size + len(body) - left > max_bytes:
        raise InvalidJson("The body has too many values.")
    return LongTexts(b"".join([*kept, body[left:]]), body, places)


def _strings(body: bytes) -> Iterator[tuple[int, int]]:
    """Yield the positions of the quotation marks of each string, up to one that does not end."""
    start = body.find(b'"')
    while start >= 0:
        end = _end(body, start)
        if end < 0:
            return
        yield start, end
        start = body.find(b'"', end + 1)


def _end(body: bytes, start: int) -> int:
    end = body.find(b'"', start + 1)
    for _ in range(_MAX_ESCAPED_QUOTES):
        if end < 0 or not _is_escaped(body, start, end):
            return end
        end = body.find(b'"', end + 1)
    return -1


def _is_escaped(body: bytes, start: int, end: int) -> bool:
    """Tell whether an odd number of backslashes precedes. Raises InvalidJson for an unreasonable number."""
    before = body[max(start + 1, end - _MAX_BACKSLASHES) : end]
    count = len(before) - len(before.rstrip(b"\\"))
    if count == _MAX_BACKSLASHES:
        raise InvalidJson
    return count % 2 == 1


def _unescaped(raw: bytes, *, is_last: bool) -> tuple[bytes, bytes]:
    """Return the text of a part of a JSON string, and its end if that may be half an escape. Raises ValueError."""
    if b"\\" not in raw:
        return raw, b""
    half = -1 if is_last else raw.rfind(b"\\", 1 - _ESCAPE)
    cut = len(raw) if half < 0 else half
    text: str = from_json(b'"%s"' % raw[:cut])
    return text.encode("ascii"), raw[cut:]


def _decoded(encoded: bytes, *, is_last: bool) -> tuple[bytes, bytes]:
    """Return what a part of Base64 encodes, and its end that is not four characters. Raises ValueError."""
    if is_last:
        return a2b_base64(encoded + b"=" * (-len(encoded) % 4), strict_mode=True), b""
    whole = len(encoded) // 4 * 4
    if encoded[:whole].endswith(b"="):
        raise ValueError("characters after the padding")
    return a2b_base64(encoded[:whole], strict_mode=True), encoded[whole:]
