"""The text of keys: made once from random bits, recognised by a checksum, and never stored.

A slow hash such as argon2 protects passwords, of which an attacker can try the likely ones. 256 random bits cannot be
tried, so a plain SHA-256 is enough, and a check costs microseconds.
"""

import hashlib
import re
import secrets
import string
from dataclasses import dataclass
from zlib import crc32

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_LENGTH = 12
_SECRET_BITS = 256
_SECRET_LENGTH = 43
_CHECKSUM_LENGTH = 6

PATTERN = r"fs_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}"
"""Finds keys in texts, for scanners; docs/access.md gives it."""

_KEY = re.compile(PATTERN, re.ASCII)
_MAX_LENGTH = len("fs__") + _ID_LENGTH + _SECRET_LENGTH + _CHECKSUM_LENGTH


@dataclass(frozen=True, slots=True)
class Key:
    """A key as a caller sends it. hash: SHA-256 of its whole text."""

    id: str
    hash: bytes


def new_id() -> str:
    """Return the id of a new key."""
    return "".join(secrets.choice(_DIGITS) for _ in range(_ID_LENGTH))


def new_text(key_id: str) -> str:
    """Return the text of a new key with 256 random bits, to be shown once."""
    begun = f"fs_{key_id}_{in_digits(secrets.randbits(_SECRET_BITS), _SECRET_LENGTH)}"
    return begun + _checksum(begun)


def read(text: str) -> Key | None:
    """Return the key that a text is; None if it is none, or has a typing error."""
    if len(text) != _MAX_LENGTH or not _KEY.fullmatch(text) or _checksum(text[:-_CHECKSUM_LENGTH]) != text[-6:]:
        return None
    return Key(text[3 : 3 + _ID_LENGTH], hash_of(text))


def hash_of(text: str) -> bytes:
    """Return what is stored of a key."""
    return hashlib.sha256(text.encode()).digest()


def _checksum(text: str) -> str:
    return in_digits(crc32(text.encode()), _CHECKSUM_LENGTH)


def in_digits(number: int, length: int) -> str:
    """Return the last digits of a number, in the 62 that keys consist of."""
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
