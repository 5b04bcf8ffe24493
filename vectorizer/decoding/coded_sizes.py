"""How large the coded frames of AVIF and HEIF are, whatever the container says of them.

Sources: AV1 bitstream specification, 5.3 to 5.5; HEVC, ITU-T H.265, 7.3; their configurations, ISO/IEC 14496-15.
"""

from dataclasses import dataclass

from vectorizer.decoding.budget import check_count

_MAX_UNITS = 10_000
"""Units of one coded image; encoders make one for each slice, and few others."""

_AV1_SEQUENCE, _AV1_FRAMES = 1, frozenset({3, 6})
_HEVC_SEQUENCE, _HEVC_MAX_SLICE = 33, 31
_HEADER_BYTES = 96
"""Bytes within which a sequence header says the size."""

_HEVC_CONFIGURATION = 22


@dataclass(slots=True)
class Coded:
    """The largest frame that was announced, and how many frames, and units of any kind, there are."""

    width: int = 0
    height: int = 0
    frames: int = 0
    units: int = 0

    def count(self) -> None:
        """Count a unit. Raises ImageTooCostly."""
        self.units += 1
        check_count(self.units, _MAX_UNITS, "coded units")

    def widen(self, width: int, height: int) -> None:
        """Take a further size into account."""
        self.width, self.height = max(self.width, width), max(self.height, height)


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._number, self._left = int.from_bytes(data), 8 * len(data)

    def take(self, count: int) -> int:
        """Return a number of this many bits; zeros after the end."""
        self._left -= count
        shifted = self._number >> self._left if self._left >= 0 else self._number << -self._left
        return shifted & ((1 << count) - 1)

    def golomb(self) -> int:
        """Return an Exp-Golomb number (H.265, 9.2)."""
        zeros = 0
        while zeros < 32 and not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)


def note_av1(coded: Coded, data: bytes) -> None:
    """Note the sequence headers and frames of AV1 units (OBUs). Raises ImageTooCostly."""
    position = 0
    while position < len(data):
        coded.count()
        header = data[position]
        kind, position = header >> 3 & 15, position + 1 + (header >> 2 & 1)
        size = len(data) - position
        if header & 2:
            size, position = _leb128(data, position)
        if kind == _AV1_SEQUENCE:
            coded.widen(*_av1_size(data[position : position + min(size, _HEADER_BYTES)]))
        coded.frames += kind in _AV1_FRAMES
        position += size


def note_hevc(coded: Coded, data: bytes, length_bytes: int) -> None:
    """Note the parameter sets and pictures of HEVC units (NAL units). Raises ImageTooCostly."""
    position = 0
    while position + length_bytes < len(data):
        size = int.from_bytes(data[position : position + length_bytes])
        position += length_bytes
        _note_unit(coded, data[position : position + min(size, _HEADER_BYTES)])
        position += size


def note_hevc_configuration(coded: Coded, content: bytes) -> int:
    """Note the parameter sets in an `hvcC` box; return how many bytes the length of a unit has."""
    position, arrays = _HEVC_CONFIGURATION + 1, content[_HEVC_CONFIGURATION : _HEVC_CONFIGURATION + 1]
    for _ in range(arrays[0] if arrays else 0):
        count = int.from_bytes(content[position + 1 : position + 3])
        position += 3
        for _ in range(count):
            if position >= len(content):
                break
            size = int.from_bytes(content[position : position + 2])
            _note_unit(coded, content[position + 2 : position + 2 + min(size, _HEADER_BYTES)])
            position += 2 + size
    return (content[21] & 3) + 1 if len(content) > 21 else 4


def _note_unit(coded: Coded, unit: bytes) -> None:
    coded.count()
    if len(unit) < 3:
        return
    kind = unit[0] >> 1 & 0x3F
    if kind == _HEVC_SEQUENCE:
        coded.widen(*_hevc_size(unit[2:]))
    elif kind <= _HEVC_MAX_SLICE:
        coded.frames += unit[2] >> 7  # the first slice of a picture


def _leb128(data: bytes, position: int) -> tuple[int, int]:
    """Return a number, and where it ends (AV1, 4.10.5)."""
    number = 0
    for index, byte in enumerate(data[position : position + 8]):
        number |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return number, position + index + 1
    return len(data), position


def _av1_size(header: bytes) -> tuple[int, int]:
    bits = _Bits(header)
    bits.take(4)
    if bits.take(1):  # a reduced header of a still picture
        bits.take(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(width_bits) + 1, bits.take(height_bits) + 1


def _skip_operating_points(bits: _Bits) -> None:
    delay_bits = 0
    if bits.take(1):  # timing
        bits.take(64)
        if bits.take(1):
            bits.golomb()
        if bits.take(1):  # a model of the decoder
            delay_bits = bits.take(5) + 1
            bits.take(42)
    has_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay_bits and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if has_delay and bits.take(1):
            bits.take(4)


def _hevc_size(unit: bytes) -> tuple[int, int]:
    bits = _Bits(unit.replace(b"\0\0\3", b"\0\0"))
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + 96)
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for profile, level in present:
        bits.take(88 * profile + 8 * level)
    bits.golomb()
    if bits.golomb() == 3:
        bits.take(1)
    return bits.golomb(), bits.golomb()
