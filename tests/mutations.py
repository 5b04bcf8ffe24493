"""Damaged photographs: valid ones of each format, changed at random but always in the same way."""

import io
import random
import struct
from collections.abc import Callable, Iterator

import numpy as np
import pillow_heif
from PIL import Image

_SIZES = (48, 160, 320)
_NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_HEAD_BYTES = 600

Mutation = Callable[[random.Random, bytes, bytes], bytes]


def seeds(photograph: Image.Image) -> list[bytes]:
    """Return the photograph in small, in each format that is read."""
    pillow_heif.register_heif_opener()
    made: list[bytes] = []
    for size in _SIZES:
        image = photograph.convert("RGB")
        image.thumbnail((size, size))
        turned = image.rotate(90)
        for mode, kind, options in (
            ("RGB", "JPEG", {}),
            ("RGB", "JPEG", {"progressive": True}),
            ("CMYK", "JPEG", {}),
            ("RGB", "MPO", {"save_all": True, "append_images": [turned]}),
            ("RGB", "PNG", {}),
            ("P", "PNG", {}),
            ("RGBA", "PNG", {}),
            ("RGB", "WEBP", {}),
            ("RGB", "WEBP", {"lossless": True}),
            ("RGB", "AVIF", {"speed": 10}),
            ("RGB", "HEIF", {}),
            ("RGB", "TIFF", {"compression": "tiff_deflate"}),
            ("RGB", "TIFF", {"compression": "tiff_lzw"}),
            ("RGB", "BMP", {}),
            ("P", "GIF", {}),
        ):
            buffer = io.BytesIO()
            image.convert(mode).save(buffer, kind, **options)
            made.append(buffer.getvalue())
    return made


def mutated(originals: list[bytes], count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield `count` damaged photographs."""
    chance = random.Random(seed)
    for number in range(count):
        original = originals[number % len(originals)]
        yield chance.choice(_MUTATIONS)(chance, original, chance.choice(originals))


def _flipped(chance: random.Random, content: bytes, _: bytes) -> bytes:
    changed = np.frombuffer(content, np.uint8).copy()
    end = min(len(content), chance.choice((_HEAD_BYTES, len(content))))
    for _bit in range(chance.choice((1, 4, 64))):
        changed[chance.randrange(end)] ^= 1 << chance.randrange(8)
    return changed.tobytes()


def _cut(chance: random.Random, content: bytes, _: bytes) -> bytes:
    return content[: chance.randrange(1, len(content))]


def _spliced(chance: random.Random, content: bytes, other: bytes) -> bytes:
    return content[: chance.randrange(len(content))] + other[chance.randrange(len(other)) :]


def _repeated(chance: random.Random, content: bytes, _: bytes) -> bytes:
    start = chance.randrange(len(content))
    end = start + chance.randrange(1, 4_096)
    return content[:end] + content[start:end] * chance.choice((1, 2, 50)) + content[end:]


def _resized(chance: random.Random, content: bytes, _: bytes) -> bytes:
    """Put an absurd number where a size may be."""
    form = chance.choice(("<I", ">I", "<H", ">H"))
    number = struct.pack(form, chance.choice(_NUMBERS) & (0xFFFF if form[1] == "H" else 0xFFFFFFFF))
    start = chance.randrange(min(len(content), chance.choice((64, 400, len(content)))))
    return content[:start] + number + content[start + len(number) :]


_MUTATIONS: tuple[Mutation, ...] = (_flipped, _cut, _spliced, _repeated, _resized, _resized)
