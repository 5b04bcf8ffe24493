"""Names what is not supported, so that a whole file is not called damaged."""

import re

import filetype

from vectorizer.decoding.jpeg import frame_of

_SEND = "save the photograph as an ordinary JPEG or PNG and send that"

_NAMES = {
    b"\xff\x0a": "image/jxl",
    b"\0\0\0\x0cJXL \r\n\x87\n": "image/jxl",
    b"\xff\x4f\xff\x51": "image/x-jp2-codestream",
    b"\0\0\0\x0cjP  \r\n\x87\n": "image/jp2",
    b"\xff\xd8\xff\xf7": "image/jls",
    b"qoif": "image/qoi",
    b"DDS ": "image/vnd-ms.dds",
    b"v/1\x01": "image/x-exr",
    b"#?RADIANCE": "image/vnd.radiance",
}
"""Media types of image formats that are not read, by the beginning of a file."""

_PORTABLE = re.compile(rb"P([1-7])[\s#]")

_JPEG_PROCESSES = {
    0xC3: "lossless",
    0xC5: "hierarchical",
    0xC6: "hierarchical",
    0xC7: "hierarchical lossless",
    0xCB: "lossless",
    0xCD: "hierarchical",
    0xCE: "hierarchical",
    0xCF: "hierarchical lossless",
    0xF7: "JPEG-LS",
}
"""Kinds of JPEG by the second byte of the frame's marker (ITU-T T.81, table B.1, and T.87)."""


_ITEM = re.compile(rb"infe[\2\3]\0{3}(?:..){2,3}?([a-z][a-z0-9]{3})\0", re.DOTALL)
"""The entry of a HEIF's item, with the item's type (ISO/IEC 14496-12, 8.11.6)."""

_CODINGS = {
    b"avc1": "H.264",
    b"evc1": "EVC",
    b"j2k1": "JPEG 2000",
    b"jpeg": "JPEG",
    b"jxl1": "JPEG XL",
    b"lhv1": "layered HEVC",
    b"unci": "uncompressed samples",
    b"vvc1": "VVC",
}
"""Codings of HEIF images that are rare; those of most are HEVC and AV1."""


def media_type_of(data: bytes) -> str:
    """The media type of a file that is not an image read here."""
    for beginning, media_type in _NAMES.items():
        if data.startswith(beginning):
            return media_type
    guessed: str | None = filetype.guess_mime(data)
    if guessed:
        return guessed
    if _PORTABLE.match(data):
        return "image/x-portable-anymap"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if "\0" in text else "text/plain"


def unsupported_variant(data: bytes, error: Exception) -> str | None:
    """Name what decoders do not support of a file that led to `error`; None if it should be readable."""
    if data.startswith(b"\xff\xd8"):
        name = _of_jpeg(data)
        return f"{name} is not supported; {_SEND}" if name else None
    coding = next((_CODINGS[kind] for kind in _ITEM.findall(data) if kind in _CODINGS), None)
    if data[4:8] == b"ftyp" and coding:
        return f"HEIF coded as {coding} is not supported; {_SEND}"
    # Pillow says for instance "Unsupported BMP compression (4)", libheif "Unsupported feature: Unsupported codec".
    return f"{error}; {_SEND}" if "unsupported" in str(error).lower() else None


def _of_jpeg(data: bytes) -> str | None:
    frame = frame_of(data)
    if not frame:
        return None
    process, bits, rows, components = frame.process, frame.bits, frame.rows, frame.components
    if process in _JPEG_PROCESSES:
        return f"JPEG of the {_JPEG_PROCESSES[process]} kind"
    if bits != 8:
        return f"JPEG with {bits} bits per sample"
    if not rows:
        return "JPEG that states its height only at its end"
    return f"JPEG with {components} components" if components not in {1, 3, 4} else None
