"""Texts in the character encoding that a client declares."""

from encodings.aliases import aliases

_BINARY = {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}
_UNSAFE = {"mbcs", "utf_7"}  # of Windows alone; no browser decodes it any more
_CODECS = {name: name for name in {*aliases.values(), "cp874", "koi8_u", "koi8_t"} - _BINARY - _UNSAFE}
_CODECS |= {alias: codec for alias, codec in aliases.items() if codec in _CODECS}
# Python's own search would remember every unknown name, for ever.

_SUPERSETS = {
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859_11": "cp874",
    "iso8859_9": "cp1254",
    "latin_1": "cp1252",
    "shift_jis": "cp932",
    "tis_620": "cp874",
}
"""What browsers mean by these names, https://encoding.spec.whatwg.org/#names-and-labels."""


def codec_of(label: str) -> str | None:
    """Return Python's name of a character encoding, or None if there is no such encoding of texts."""
    name = label.strip().lower().translate({ord("-"): "_", ord(" "): "_"})
    codec = _CODECS.get(name) or _CODECS.get(name.replace("windows_", "cp"))
    return codec and _SUPERSETS.get(codec, codec)


def decoded(text: bytes | bytearray, label: str = "") -> str:
    """Decode a text in UTF-8 or, for some old clients, in the encoding of `label`, or Latin-1."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return _decoded_as(text, codec_of(label) or "latin-1")


def _decoded_as(text: bytes | bytearray, codec: str) -> str:
    try:
        return text.decode(codec)
    except UnicodeDecodeError:
        return text.decode("latin-1")
