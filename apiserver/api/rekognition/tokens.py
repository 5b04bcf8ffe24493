"""Pagination tokens, which fit the list and the caller's collection that they were made for, and no other."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from apiserver.api.rekognition.problems import TokenOfAnotherList

_MAC_BYTES = 12


def write_token(secret: bytes, listed: str, key: str) -> str:
    """Return the token of the page after `key`. listed: names the list, with its collection and filters."""
    content = key.encode()
    return urlsafe_b64encode(_mac(secret, listed, content) + content).decode()


def read_token(secret: bytes, listed: str, token: str | None) -> str | None:
    """Return the key in a token; None for the first page. Raises TokenOfAnotherList."""
    if token is None:
        return None
    try:
        decoded = urlsafe_b64decode(token)
    except ValueError as error:
        raise TokenOfAnotherList from error
    mac, content = decoded[:_MAC_BYTES], decoded[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(secret, listed, content)):
        raise TokenOfAnotherList
    return content.decode()


def _mac(secret: bytes, listed: str, content: bytes) -> bytes:
    named = listed.encode()
    return hmac.digest(secret, b"rekognition page" + len(named).to_bytes(4) + named + content, "sha256")[:_MAC_BYTES]
