"""The public keys of an identity provider, as its JWKS (RFC 7517) lists them."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

_ED25519 = frozenset({"EdDSA", "Ed25519"})
ALGORITHMS = frozenset({"RS256", "PS256", "ES256", *_ED25519})
"""Asymmetric only: an HMAC could be made with the public key, and `none` by everybody."""

_MAX_KEYS = 50
_MAX_KID = 255
_RSA_BITS = range(2048, 8193)
_PUBLIC = ("kty", "crv", "n", "e", "x", "y")


@dataclass(frozen=True, slots=True, eq=False)
class ProviderKey:
    """A public key, which equals itself only. algorithms: those of which it verifies signatures."""

    key: Key
    algorithms: frozenset[str]


def read_keys(listed: Mapping[str, Any]) -> dict[str, ProviderKey]:
    """Return the usable keys of a JWKS by their ids, without those that are for something else.

    Raises ValueError or TypeError.
    """
    entries = listed.get("keys")
    if not isinstance(entries, list):
        raise TypeError("the keys are not a list")
    found: dict[str, ProviderKey] = {}
    for entry in entries[:_MAX_KEYS]:
        kid = entry.get("kid") if isinstance(entry, dict) else None
        if isinstance(kid, str) and len(kid) <= _MAX_KID and (key := _read(entry)):
            found.setdefault(kid, key)
    if not found:
        raise ValueError("there is no key for signatures")
    return found


def _read(entry: Mapping[str, Any]) -> ProviderKey | None:
    operations = entry.get("key_ops")
    if entry.get("use", "sig") != "sig" or (isinstance(operations, list) and "verify" not in operations):
        return None
    try:
        with warnings.catch_warnings(category=SecurityWarning, action="ignore"):  # short keys are refused below
            key = import_key({name: entry[name] for name in _PUBLIC if name in entry})
        algorithms = _algorithms(key)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if named := entry.get("alg"):
        algorithms &= {named}
    return ProviderKey(key, algorithms) if algorithms else None


def _algorithms(key: Key) -> frozenset[str]:
    if isinstance(key, RSAKey) and key.raw_value.key_size in _RSA_BITS:
        return frozenset({"RS256", "PS256"})
    if isinstance(key, ECKey) and key.curve_name == "P-256":
        return frozenset({"ES256"})
    if isinstance(key, OKPKey) and key.curve_name == "Ed25519":
        return _ED25519
    return frozenset()
