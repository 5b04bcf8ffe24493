"""Makes image files that carry texts, wherever their formats have room for them."""

import struct
import zlib
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image, ImageCms, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from tests.photographs import astronaut

NEEDLE = b"needle-in-a-photograph"
TEXT = NEEDLE.decode()
PHOTO = astronaut().crop((100, 0, 303, 201))
"""Odd sides, so that none of the padding is by chance right."""

ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta><rdf:Description tiff:Make="' + NEEDLE + b'"/></x:xmpmeta>'

_ORIENTATION, _MAKE, _GPS, _EXIF = 274, 271, 0x8825, 0x8769


def exif(orientation: int | None = None) -> bytes:
    """Return an Exif, with its prefix, with texts in all of its directories."""
    described = Image.Exif()
    described[_MAKE] = TEXT
    if orientation:
        described[_ORIENTATION] = orientation
    described.get_ifd(_EXIF)[0x927C] = NEEDLE * 3
    described.get_ifd(_EXIF)[0xA431] = TEXT
    described.get_ifd(_GPS)[1] = "N"
    described.get_ifd(_GPS)[2] = (52.0, 31.0, 12.0)
    described.get_ifd(_GPS)[29] = TEXT
    return described.tobytes()


def saved(image_format: str, image: Image.Image = PHOTO, **options: Any) -> bytes:
    """Return the photograph as a file."""
    file = BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def segment(kind: int, content: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return bytes([0xFF, kind]) + struct.pack(">H", len(content) + 2) + content


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def riff_chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a WebP."""
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def box(kind: bytes, content: bytes) -> bytes:
    """Return a box of a HEIF."""
    return struct.pack(">I", len(content) + 8) + kind + content


def jpeg(orientation: int | None = None, xmp: bytes = XMP, **options: Any) -> bytes:
    plain = saved("JPEG", quality=92, icc_profile=ICC, exif=exif(orientation), comment=TEXT, xmp=xmp, **options)
    thumbnail = b"JFXX\0\x10" + saved("JPEG", PHOTO.resize((40, 40)), comment=TEXT)
    extended = b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + XMP
    parts = [
        *(segment(0xE0, thumbnail), segment(0xE1, extended), segment(0xED, b"Photoshop 3.0\0" + NEEDLE)),
        *(segment(kind, NEEDLE) for kind in range(0xE2, 0xF0) if kind != 0xEE),
        segment(0xFE, NEEDLE),
    ]
    return b"".join([plain[:20], *parts, plain[20:], NEEDLE, saved("JPEG", comment=TEXT)])


def commented_between_scans(**options: Any) -> bytes:
    plain = saved("JPEG", progressive=True, **options)
    second = plain.index(b"\xff\xda", plain.index(b"\xff\xda") + 2)
    return (
        plain[:second]
        + segment(0xFE, NEEDLE)
        + segment(0xE1, NEEDLE)
        + plain[second:-2]
        + segment(0xFE, NEEDLE)
        + plain[-2:]
    )


def mpo(orientation: int | None = None) -> bytes:
    return saved("MPO", save_all=True, append_images=[astronaut().resize((90, 90))], exif=exif(orientation))


def png(
    orientation: int | None = None,
    image: Image.Image = PHOTO,
    xmp: str = XMP.decode(),
    *,
    packed: bool = False,
    **options: Any,
) -> bytes:
    info = PngInfo()
    info.add_text("Comment", TEXT)
    info.add_text("Packed", TEXT, zip=True)
    info.add_itxt("Title", TEXT)
    info.add_itxt("XML:com.adobe.xmp", xmp, zip=packed)
    plain = saved("PNG", image, pnginfo=info, exif=exif(orientation), icc_profile=ICC, dpi=(300, 300), **options)
    more = [
        chunk(b"tIME", NEEDLE[:7]),
        chunk(b"prVt", NEEDLE),
        chunk(b"sPLT", NEEDLE + b"\0\x08"),
        chunk(b"bKGD", NEEDLE),
    ]
    end = plain.index(b"IEND") - 4
    return b"".join([plain[:33], *more, plain[33:end], chunk(b"teXt", NEEDLE), plain[end:], NEEDLE])


def apng() -> bytes:
    return saved("PNG", save_all=True, append_images=[PHOTO.rotate(90)], default_image=True)


def webp(orientation: int | None = None, image: Image.Image = PHOTO, xmp: bytes = XMP, **options: Any) -> bytes:
    plain = saved("WEBP", image, exif=exif(orientation), xmp=xmp, icc_profile=ICC, **options)
    content = plain[8:] + riff_chunk(b"priv", NEEDLE)
    return b"RIFF" + struct.pack("<I", len(content)) + content + NEEDLE


def animated_webp() -> bytes:
    return saved("WEBP", save_all=True, append_images=[PHOTO.rotate(90)], exif=exif(6), lossless=True)


def gif() -> bytes:
    plain = saved("GIF", save_all=True, append_images=[PHOTO.rotate(90)], comment=NEEDLE, loop=3)
    note = b"!\xfe" + bytes([len(NEEDLE)]) + NEEDLE + b"\0"
    application = b"!\xff\x0bXMP DataXMP" + bytes([len(NEEDLE)]) + NEEDLE + b"\0"
    start = 13 + 3 * 256
    return plain[:start] + note + application + plain[start:-1] + note + b";" + NEEDLE


def bmp(image: Image.Image = PHOTO) -> bytes:
    plain = saved("BMP", image)
    (offset,) = struct.unpack_from("<I", plain, 10)
    head = plain[:6] + NEEDLE[:4] + struct.pack("<I", offset + len(NEEDLE)) + plain[14:offset]
    return head + NEEDLE + plain[offset:] + NEEDLE


def bmp_with_profile(profile: bytes = ICC) -> bytes:
    plain = saved("BMP")
    info, pixels = plain[14:54], plain[54:]
    header = struct.pack("<I", 124) + info[4:] + NEEDLE[:16] + b"DEBM" + NEEDLE.ljust(48, b"n") + struct.pack("<I", 4)
    header += struct.pack("<II", 124 + len(pixels) + len(NEEDLE), len(profile)) + NEEDLE[:4]
    content = header + pixels + NEEDLE + profile + NEEDLE
    return b"BM" + struct.pack("<IHHI", 14 + len(content), 0, 0, 138) + content


def tiff(orientation: int | None = None, image: Image.Image = PHOTO, **options: Any) -> bytes:
    fields = TiffImagePlugin.ImageFileDirectory_v2()
    for tag in (270, 271, 305, 315, 33432):
        fields[tag] = TEXT
    fields[34377], fields.tagtype[34377] = NEEDLE, 7
    fields[65000], fields.tagtype[65000] = NEEDLE, 7
    if orientation:
        fields[_ORIENTATION] = orientation
    if not options:  # libtiff, which compresses, does not write directories below others
        fields[_GPS] = {29: TEXT}
    page = image.resize((40, 40))
    page.encoderinfo = {"description": TEXT}
    return (
        saved("TIFF", image, tiffinfo=fields, icc_profile=ICC, save_all=True, append_images=[page], **options) + NEEDLE
    )


def heic(image: Image.Image = PHOTO, **options: Any) -> bytes:
    pillow_heif.register_heif_opener()
    plain = saved("HEIF", image, exif=exif(), xmp=XMP, icc_profile=ICC, quality=80, save_all=True,
                  append_images=[PHOTO.rotate(180)], **options)  # fmt: skip
    return plain + box(b"uuid", NEEDLE) + box(b"free", NEEDLE)


def avif(image: Image.Image = PHOTO, orientation: int | None = None, **options: Any) -> bytes:
    plain = saved("AVIF", image, exif=exif(orientation), xmp=XMP, icc_profile=ICC, quality=80, **options)
    return plain + box(b"uuid", NEEDLE) + box(b"free", NEEDLE)


WITH_ALPHA = PHOTO.convert("RGBA")
WITH_ALPHA.putalpha(Image.linear_gradient("L").resize(PHOTO.size))
DEEP = Image.frombytes("I;16", PHOTO.size, bytes(range(256)) * (2 * PHOTO.width * PHOTO.height // 256 + 1))

FILES: dict[str, Callable[[], bytes]] = {
    **{f"jpeg-{n}": partial(jpeg, n) for n in (None, *range(9))},
    "jpeg-progressive": lambda: jpeg(6, progressive=True),
    "jpeg-optimized": lambda: jpeg(3, optimize=True, subsampling=0),
    "jpeg-scans": commented_between_scans,
    "jpeg-restarts": lambda: jpeg(restart_marker_rows=1),
    "jpeg-grey": lambda: saved("JPEG", PHOTO.convert("L"), comment=TEXT, exif=exif(5)),
    "jpeg-cmyk": lambda: saved("JPEG", PHOTO.convert("CMYK"), comment=TEXT, exif=exif(7)),
    "mpo": lambda: mpo(8),
    **{f"png-{n}": partial(png, n) for n in (None, 1, 6)},
    "png-alpha": lambda: png(2, WITH_ALPHA),
    "png-palette": lambda: png(3, PHOTO.quantize(64), transparency=3),
    "png-1-bit": lambda: png(4, PHOTO.convert("1")),
    "png-16-bit": lambda: png(5, DEEP),
    "apng": apng,
    **{f"webp-{n}": partial(webp, n) for n in (None, 1, 8)},
    "webp-lossless": lambda: webp(6, lossless=True),
    "webp-alpha": lambda: webp(5, WITH_ALPHA),
    "webp-plain": lambda: saved("WEBP"),
    "webp-animated": animated_webp,
    "gif": gif,
    "bmp": bmp,
    "bmp-palette": lambda: bmp(PHOTO.quantize(64)),
    "bmp-1-bit": lambda: bmp(PHOTO.convert("1")),
    "bmp-alpha": lambda: bmp(WITH_ALPHA),
    "bmp-profile": bmp_with_profile,
    "bmp-no-profile": lambda: bmp_with_profile(NEEDLE * 10),
    **{f"tiff-{n}": partial(tiff, n) for n in (None, *range(1, 9))},
    "tiff-lzw": lambda: tiff(6, compression="tiff_lzw"),
    "tiff-deflate": lambda: tiff(6, WITH_ALPHA, compression="tiff_adobe_deflate"),
    "tiff-strips": lambda: tiff(3, compression="packbits", strip_size=1),
    "tiff-palette": lambda: tiff(2, PHOTO.quantize(64)),
    "tiff-fax": lambda: tiff(4, PHOTO.convert("1"), compression="group4"),
    "tiff-16-bit": lambda: tiff(5, DEEP),
    "tiff-float": lambda: tiff(6, PHOTO.convert("F")),
    "heic": heic,
    "heic-alpha": lambda: heic(WITH_ALPHA),
    "avif": avif,
    "avif-alpha": lambda: avif(WITH_ALPHA),
    **{f"avif-{n}": partial(avif, orientation=n) for n in range(2, 9)},
}  # fmt: skip
"""A file of each kind that is rewritten."""
