"""The head of a part of a form: its name and file name, and how its content is encoded.

File names are read in each way in which clients have written them, because a name must not cost a photograph.
"""

import re
from binascii import Error as Base64Error
from email.errors import HeaderParseError
from email.header import decode_header
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from python_multipart.multipart import parse_options_header

from apiserver.http.charsets import codec_of, decoded
from apiserver.problems import InvalidForm

_PARAMETER = re.compile(rb';[ \t]*([^=;"\s]+)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*(?:"|\\?$)|[^;]*)')
_ENCODED_WORD = re.compile(r"=\?[^?]+\?[bqBQ]\?[^?]*\?=")


_MAX_PARAMETERS = 300
"""In a header, with the semicolons of a file name; each costs microseconds."""


class PartHead(NamedTuple):
    """The head of a part. filename: None without one. charset, transfer_encoding: as declared, "" without."""

    name: str
    filename: str | None
    charset: str
    transfer_encoding: bytes


def read_head(disposition: bytes, content_type: bytes, transfer_encoding: bytes, form_charset: str) -> PartHead:
    """Read the headers of a part. form_charset: that of names which are not UTF-8. Raises InvalidForm."""
    if max(disposition.count(b";"), content_type.count(b";")) > _MAX_PARAMETERS:
        raise InvalidForm("A part of the form has a header with too many parameters.")
    options = parse_options_header(disposition)[1]
    extended = _extended(disposition) if b"*" in disposition else {}
    name = extended.get(b"name") or _text(options.get(b"name"), form_charset)
    if name is None:
        raise InvalidForm
    filename = _text(options.get(b"filename"), form_charset)
    return PartHead(
        name=name,
        filename=extended.get(b"filename") or (filename and _unescaped(filename)),
        charset=_charset(content_type) if b";" in content_type else "",
        transfer_encoding=transfer_encoding.strip().lower(),
    )


def _text(value: bytes | None, charset: str) -> str | None:
    return None if value is None else decoded(value, charset)


def _charset(content_type: bytes) -> str:
    return parse_options_header(content_type.decode("latin-1"))[1].get(b"charset", b"").decode("latin-1")


def _extended(disposition: bytes) -> dict[bytes, str]:
    """Return the parameters `name*` and `filename*` (RFC 8187): charset'language'percent-encoded.

    RFC 7578 forbids them in forms, but .NET sends them, and so did requests before urllib3 1.25.
    """
    found = {}
    for parameter in _PARAMETER.finditer(disposition):
        name, value = parameter[1].lower(), parameter[2].strip().strip(b'"')
        charset, first, rest = value.partition(b"'")
        _, second, encoded = rest.partition(b"'")
        if name.endswith(b"*") and first and second:
            found[name[:-1]] = _in(charset.decode("latin-1"), unquote_to_bytes(encoded))
    return found


def _in(charset: str, text: bytes) -> str:
    """Decode a text of a header in its charset, or as any text if that fails."""
    try:
        return text.decode(codec_of(charset) or "utf-8")
    except UnicodeDecodeError:
        return decoded(text)


def _unescaped(filename: str) -> str:
    """Return a file name without the escapes of clients that send ASCII only."""
    if "=?" in filename and _ENCODED_WORD.search(filename):  # RFC 2047, of mail libraries and of .NET
        try:
            words = decode_header(filename)
        except (HeaderParseError, Base64Error, ValueError):
            return filename
        return "".join(word if isinstance(word, str) else _in(charset or "", word) for word, charset in words)
    if "%" in filename and filename.isascii():
        unquoted = unquote_to_bytes(filename)
        if not unquoted.isascii() and _is_utf8(unquoted):
            return unquoted.decode()
    return filename.replace("%22", '"')  # what browsers write


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
