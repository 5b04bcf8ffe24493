"""Tokens of an identity provider (JWT, RFC 7519 and 9068): who sends one, and what it gives."""

import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any

from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry
from joserfc.jwt import decode

from apiserver.access.grants import Grant
from apiserver.keys.identity_provider import IdentityProvider
from apiserver.keys.provider_keys import ALGORITHMS, ProviderKey
from apiserver.keys.token_rights import TokenRights
from apiserver.problems import TokenExpired, TokenInvalid
from apiserver.settings.identity_provider import OidcSettings

MAX_BYTES = 16_384
LEEWAY_SECONDS = 30
"""How far the clocks of the provider and the gateway may differ."""

_TYPES = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
_OTHER_KINDS = frozenset({"id", "refresh", "offline", "logout"})
"""Kinds of token that Keycloak names in a claim; they are for the page that asked for them, not for services."""

_MAX_KID = 255
_MAX_REMEMBERED = 1_000
_REFUSED = (JoseError, ValueError, TypeError, RecursionError)


class _Registry(JWSRegistry):
    """The algorithms in ALGORITHMS, without a warning of the older name of Ed25519, which providers use."""

    max_header_length = MAX_BYTES
    max_payload_length = MAX_BYTES
    max_signature_length = 1_100

    def get_alg(self, name: str) -> Any:  # noqa: ANN401 - its type is private
        """Return an algorithm. Raises UnsupportedAlgorithmError."""
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


_REGISTRY = _Registry(algorithms=list(ALGORITHMS), strict_check_header=False)


@dataclass(frozen=True, slots=True)
class _Head:
    algorithm: str
    kid: str


class Tokens:
    """Turns tokens of one issuer into grants."""

    def __init__(self, settings: OidcSettings) -> None:
        self.provider = IdentityProvider(settings)
        self._issuer, self._audiences = settings.oidc_issuer, settings.audiences
        self._rights = TokenRights.of(settings)
        self._claims_of = lru_cache(_MAX_REMEMBERED)(_verified)  # it remembers no token that is refused

    async def grant_of(self, text: str) -> Grant:
        """Return what a token gives.

        Raises TokenInvalid, TokenExpired, TokenWithoutRights, or IdentityProviderUnavailable.
        """
        if len(text) > MAX_BYTES:
            raise TokenInvalid(f"The token is longer than {MAX_BYTES} bytes; let the issuer put less into it.")
        head = _head(text)
        claims = self._claims_of(text, head, await self.provider.key(head.kid))
        self._check(claims, time.time())
        return self._rights.grant(claims)

    def _check(self, claims: Mapping[str, Any], now: float) -> None:
        """Raise TokenInvalid or TokenExpired unless the issuer made the token for this service, and for now."""
        if claims.get("iss") != self._issuer:
            raise TokenInvalid("The token is of another issuer.")
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if not any(isinstance(each, str) and each in self._audiences for each in named):
            raise TokenInvalid("The token is for another service: its audience is not that of APISERVER_OIDC_AUDIENCE.")
        if str(claims.get("typ", "")).lower() in _OTHER_KINDS:
            raise TokenInvalid("This is not an access token; send the access token instead.")
        if "cnf" in claims:
            raise TokenInvalid("The token is bound to a key of its owner, which this service cannot check.")
        if _time(claims, "exp") <= now - LEEWAY_SECONDS:
            raise TokenExpired
        begin = max(_time(claims, "iat"), _time(claims, "nbf") if "nbf" in claims else 0.0)
        if begin > now + LEEWAY_SECONDS:
            raise TokenInvalid("The token is not valid yet; compare the clocks of the issuer and of this service.")


def _head(text: str) -> _Head:
    """Return what the token says of its signature, which nothing proves yet. Raises TokenInvalid."""
    encoded = text.partition(".")[0]
    try:
        head = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (ValueError, RecursionError) as error:
        raise TokenInvalid("The token is not a JSON Web Token.") from error
    algorithm, kid = (head.get(name) if isinstance(head, dict) else None for name in ("alg", "kid"))
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenInvalid(f"The token must be signed with one of {', '.join(sorted(ALGORITHMS))}.")
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_KID:
        raise TokenInvalid("The token does not name the key that signed it (`kid`).")
    if str(head.get("typ", "")).lower() not in _TYPES or {"crit", "b64"} & head.keys():
        raise TokenInvalid("This is not an access token; send the access token instead.")
    return _Head(algorithm, kid)


def _verified(text: str, head: _Head, key: ProviderKey) -> Mapping[str, Any]:
    """Return the claims of a token. Raises TokenInvalid unless the key signed it."""
    if head.algorithm not in key.algorithms:
        raise TokenInvalid(f"The token is signed with {head.algorithm}, for which its key is not meant.")
    try:
        return decode(text, key.key, registry=_REGISTRY).claims
    except _REFUSED as error:
        raise TokenInvalid("The signature of the token is not valid.") from error


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11 or not isfinite(value):
        raise TokenInvalid(f"The token has no valid time `{name}`.")
    return float(value)
