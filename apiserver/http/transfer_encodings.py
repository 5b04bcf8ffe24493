"""The Content-Transfer-Encoding of a part: RFC 7578 deprecates it, but libraries made for mail still use it."""

from binascii import Error, a2b_base64, a2b_qp
from collections.abc import Callable

from apiserver.http.part_heads import PartHead
from apiserver.problems import InvalidForm

_AS_IT_IS = {b"", b"7bit", b"8bit", b"binary"}
_SPACES = b" \t\r\n"

Decode = Callable[[bytes | None], object]
"""Takes a piece of a part, or None at its end. Raises InvalidForm."""


def decoding(head: PartHead, write: Callable[[bytes], object]) -> Decode:
    """Return what decodes the content of a part and passes it to `write`. Raises InvalidForm."""
    if head.transfer_encoding in _AS_IT_IS:
        return lambda piece: None if piece is None else write(piece)
    if head.transfer_encoding == b"base64":
        return _Base64(head.name, write)
    if head.transfer_encoding == b"quoted-printable":
        return _QuotedPrintable(write)
    raise InvalidForm(f"The Content-Transfer-Encoding of {head.name} is not supported; send it as binary.")


class _Base64:
    """Decodes Base64, also in lines."""

    def __init__(self, name: str, write: Callable[[bytes], object]) -> None:
        self._name = name
        self._write = write
        self._rest = b""

    def __call__(self, piece: bytes | None) -> None:
        data = self._rest + (piece or b"").translate(None, _SPACES)
        whole = len(data) if piece is None else len(data) // 4 * 4
        self._rest = data[whole:]
        try:
            self._write(a2b_base64(data[:whole], strict_mode=True))
        except Error as error:
            raise InvalidForm(f"{self._name} is not valid Base64.") from error


class _QuotedPrintable:
    """Decodes quoted-printable text; an escape may be cut in two."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._rest = b""

    def __call__(self, piece: bytes | None) -> None:
        data = self._rest + (piece or b"")
        escape = -1 if piece is None else data.find(b"=", max(0, len(data) - 2))
        whole = len(data) if escape < 0 else escape
        self._rest = data[whole:]
        self._write(a2b_qp(data[:whole]))
