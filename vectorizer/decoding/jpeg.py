"""JPEG: decoded by TurboJPEG where it can, and completed where its end is missing (ITU-T T.81)."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from vectorizer.decoding.opencv import decode_jpeg
from vectorizer.decoding.picture import Place, anywhere
from vectorizer.decoding.pixels import rgb_of_image
from vectorizer.decoding.rows import MIN_SHARE, NotEnoughRowsError, equal_rows, noise

Decode = Callable[[bytes, int, Place], NDArray[np.uint8]]
"""Decodes a file at one n-th of its size, as stored, into memory of a place if it can."""

_MARKER = re.compile(rb"\xff[^\x00\xff]")
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""A marker that ends a scan, unless a restart marker does."""

_MAX_MARKERS = 5_000
"""Markers, other than those of restarts, that are looked at."""

_END = b"\xff\xd9"
_START_OF_SCAN, _RESTART_INTERVAL = 0xDA, 0xDD
_RESTARTS = range(0xD0, 0xD8)
_WITHOUT_LENGTH = frozenset({0x01, 0xD8, *_RESTARTS})
_FRAMES = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL = frozenset({0xC0, 0xC1})
_ARITHMETIC = frozenset({0xC9, 0xCA})

_COEFFICIENTS = 64
_UNKNOWN = 16
_LAST_BIT = 1
"""Bits that a coefficient may lack: without the last one, a progressive JPEG looks as if compressed a little more."""

_UNDECODED = 128
"""Every sample of a block that libjpeg could not decode."""

_MANY_ZEROS = 16
"""Zeros at the end of scan data that are not scan data, but the rest of a file that was not transferred."""

_NOISE = noise(1024).replace(b"\xff", b"\x55")


@dataclass(slots=True)
class _Scan:
    """start: of the scan's entropy-coded data. enough: whether an image has all it needs with this scan."""

    start: int
    enough: bool


@dataclass(slots=True)
class _Structure:
    """known: for each component, how many bits each coefficient lacks. ended: whether the last scan has an end."""

    frame: int = 0
    interval: int = 0
    known: dict[int, list[int]] = field(default_factory=dict)
    scans: list[_Scan] = field(default_factory=list)
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What a frame's header says. process: the second byte of its marker. rows: 0 if they are stated later."""

    process: int
    bits: int
    rows: int
    components: int


def frame_of(data: bytes) -> Frame | None:
    """Return the first frame's header, if there is one."""
    position = 2
    while marker := _MARKER.search(data, position):
        kind, position = marker[0][1], marker.end()
        if kind in _WITHOUT_LENGTH:
            continue
        if kind == _START_OF_SCAN:
            break
        if kind in _FRAMES:
            header = data[position + 2 : position + 8]
            return Frame(kind, header[0], int.from_bytes(header[1:3]), header[5]) if len(header) == 6 else None
        position += int.from_bytes(data[position : position + 2])
    return None


def by_turbo(data: bytes, reduction: int, place: Place) -> NDArray[np.uint8]:
    """Decode at one `reduction`-th of the size; raises ValueError.

    It writes where it is told to. OpenCV, which has the same library, copies all pixels once more, and so takes more
    than half as long again for large images; it decodes what TurboJPEG does not, such as rare samplings of colours.
    """
    with suppress(ValueError):
        height, width, *_ = simplejpeg.decode_jpeg_header(data, strict=False)
        pixels = place(-(-height // reduction), -(-width // reduction))
        rows, columns, _ = pixels.shape
        found = simplejpeg.decode_jpeg(data, "RGB", min_height=rows, min_width=columns, buffer=pixels, strict=False)
        if found.shape == pixels.shape:
            return pixels
    return decode_jpeg(data, reduction)


def by_pillow(data: bytes, reduction: int, _: Place) -> NDArray[np.uint8]:
    """Decode kinds of JPEG whose colours OpenCV does not know, such as CMYK, at one `reduction`-th of the size."""
    with Image.open(BytesIO(data), formats=["JPEG"]) as image:
        image.draft(None, (max(image.width // reduction, 1), max(image.height // reduction, 1)))
        return rgb_of_image(image)


def decode(data: bytes, decoder: Decode, reduction: int, place: Place) -> tuple[bytes, NDArray[np.uint8]]:
    """Return the file, with an end if it had none, and its pixels as stored, at one `reduction`-th of its size.

    A file counts as complete with 95 % of its rows. A row of a progressive JPEG counts once its brightness is known
    to the last bit but one, and its colour without details: what later scans add is fine.
    Raises NotEnoughRowsError, and what `decoder` raises.
    """
    if decoder is by_turbo and _has_one_scan(data):
        pixels = decoder(data, reduction, place)
        # If scan data ends too early, whatever follows it, all blocks up to the last one are left grey.
        if (pixels[-1, -1] != _UNDECODED).any():
            return data, pixels
    structure = _structure(data)
    if not structure.scans or not structure.scans[-1].enough:
        raise NotEnoughRowsError
    last = structure.scans[-1]
    if structure.ended and (structure.frame in _ARITHMETIC or any(scan.enough for scan in structure.scans[:-1])):
        return data, decoder(data, reduction, place)
    end, restarts = _end_of_scan(data, last.start, structure.interval)
    whole = data[:end] + _END
    if not any(scan.enough for scan in structure.scans[:-1]):
        _check_rows(whole, restarts if structure.interval else None, decoder, structure)
    return whole, decoder(whole, reduction, place)


def _has_one_scan(data: bytes) -> bool:
    """Whether a file has an end, and one scan with all components: nearly every photograph, so this is fast.

    Scan data cannot contain the end marker, since 0xFF is only followed by 0 or a restart number there (B.1.1.5).
    """
    position, components = 2, 0
    with suppress(IndexError):
        while data[position] == 0xFF:
            kind = data[position + 1]
            if kind == _START_OF_SCAN:
                return data[position + 4] == components and (data.endswith(_END) or data.find(_END, position) >= 0)
            if kind in _FRAMES:
                components = data[position + 9] if kind in _SEQUENTIAL else 0
            position += 2 + (data[position + 2] << 8 | data[position + 3])
    return False


def _check_rows(whole: bytes, restarts: int | None, decoder: Decode, structure: _Structure) -> None:
    """Compare with an image whose scan continues with noise: it differs from the first block that is missing."""
    # At an eighth of the size only means of blocks are left, which is all that is needed of sequential scans.
    reduction = 8 if structure.frame in _SEQUENTIAL else 1
    noisy = whole.removesuffix(_END) + _noise(restarts) + _END
    equal = equal_rows(decoder(whole, reduction, anywhere), decoder(noisy, reduction, anywhere))
    if not equal.all() and equal.argmin() < MIN_SHARE * len(equal):
        raise NotEnoughRowsError


def _noise(restarts: int | None) -> bytes:
    """Noise for what is left of a restart interval, and for the next ones."""
    if restarts is None:
        return _NOISE
    return _NOISE + b"".join(bytes([0xFF, _RESTARTS[(restarts + n) % 8]]) + _NOISE for n in range(8))


def _structure(data: bytes) -> _Structure:
    found = _Structure()
    position = 2
    for _ in range(_MAX_MARKERS):
        marker = _AFTER_SCAN.search(data, position)
        if not marker:
            break
        kind, position = marker[0][1], marker.end()
        if kind == _END[1]:
            found.ended = True
            break
        if kind in _WITHOUT_LENGTH:
            continue
        length = int.from_bytes(data[position : position + 2])
        segment = data[position + 2 : position + length]
        position += length
        _note_segment(found, kind, segment)
        if kind == _START_OF_SCAN and _note_scan(found, segment):
            found.scans.append(_Scan(position, _is_enough(found)))
            if found.frame in _SEQUENTIAL and found.scans[-1].enough:
                found.ended = data.find(_END, position) >= 0
                break
            position, _ = _end_of_scan(data, position, found.interval)
    return found


def _note_segment(found: _Structure, kind: int, segment: bytes) -> None:
    if kind in _FRAMES and not found.frame:
        found.frame = kind
        found.known = {number: [_UNKNOWN] * _COEFFICIENTS for number in segment[6::3]}
    elif kind == _RESTART_INTERVAL:
        found.interval = int.from_bytes(segment[:2])


def _note_scan(found: _Structure, segment: bytes) -> bool:
    """Note which coefficients this scan brings; False if this is not the header of a scan."""
    count = segment[0] if segment else 0
    components = segment[1 : 1 + 2 * count : 2]
    if not components or len(segment) != 4 + 2 * count or not set(components) <= set(found.known):
        return False
    first, last, bits = segment[1 + 2 * count :]
    if found.frame in _SEQUENTIAL:
        first, last, bits = 0, _COEFFICIENTS - 1, 0
    for component in components:
        coefficients = slice(first, min(last, _COEFFICIENTS - 1) + 1)
        known = found.known[component]
        known[coefficients] = [bits & 15] * len(known[coefficients])
    return True


def _is_enough(found: _Structure) -> bool:
    brightness, *colours = found.known.values()
    return max(brightness) <= _LAST_BIT and all(coefficients[0] <= _LAST_BIT for coefficients in colours)


def _end_of_scan(data: bytes, start: int, interval: int) -> tuple[int, int]:
    """Return where scan data ends, and how many restart markers it has."""
    marker = _AFTER_SCAN.search(data, start)
    end = marker.start() if marker else len(data)
    restarts = _restarts(data, start, end)
    numbers = np.frombuffer(data, np.uint8)[restarts + 1] & 7
    # One that is out of order, or unannounced, ends the scan.
    wrong = np.flatnonzero((numbers != np.arange(len(numbers)) % 8) | (not interval))
    if len(wrong):
        return int(restarts[wrong[0]]), int(wrong[0])
    if not marker:
        zeros = end - len(data.rstrip(b"\0"))
        end -= zeros if zeros >= _MANY_ZEROS else 0
        end -= data[end - 1] == 0xFF
    return end, len(restarts)


def _restarts(data: bytes, start: int, end: int) -> NDArray[np.intp]:
    """Return where the restart markers of scan data are."""
    scan = np.frombuffer(data, np.uint8, max(end - start, 0), start)
    escapes = np.flatnonzero(scan[:-1] == 0xFF)
    found: NDArray[np.intp] = start + escapes[scan[escapes + 1] & 0xF8 == _RESTARTS[0]]
    return found
