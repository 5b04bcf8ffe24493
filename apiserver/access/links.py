"""Signed links to photographs: each names one path, for minutes, on behalf of the key that asked for it."""

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlencode

from apiserver.problems import LinkExpired, LinkInvalid

METHOD = "GET"
"""HEAD is served as GET."""

PARAMETERS = frozenset({"expires", "key", "kid", "signature"})
_MAX_EXPIRES_DIGITS = 12


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret that signs links. kid: its name in them."""

    kid: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Link:
    """What a link opens. path: encoded, without the base path. key: id of the caller's key. expires: Unix time."""

    path: str
    directory: str
    key: str
    expires: int

    def signature(self, signing: SigningKey, method: str = METHOD) -> str:
        """Return the signature in hexadecimal digits. None of the parts contains NUL."""
        parts = (method, self.path, self.directory, self.key, str(self.expires), signing.kid)
        return hmac.new(signing.secret, "\0".join(parts).encode(), sha256).hexdigest()

    def signed(self, signing: SigningKey) -> str:
        """Return the query that signs the path."""
        query = {"expires": self.expires, "key": self.key, "kid": signing.kid, "signature": self.signature(signing)}
        return urlencode(query)


@dataclass(frozen=True, slots=True)
class SentLink:
    """The parts of a link as a request brings them."""

    method: str
    path: str
    expires: int
    key: str
    kid: str
    signature: str

    @classmethod
    def read(cls, method: str, path: str, parameters: list[tuple[str, str]]) -> "SentLink":
        """Return the link with these parameters. Raises LinkInvalid unless each is there exactly once."""
        values = dict(parameters)
        expires = values.get("expires", "")
        if len(parameters) != len(PARAMETERS) or values.keys() != PARAMETERS:
            raise LinkInvalid
        if not (expires.isascii() and expires.isdigit() and len(expires) <= _MAX_EXPIRES_DIGITS):
            raise LinkInvalid
        if str(int(expires)) != expires:
            raise LinkInvalid
        return cls(method, path, int(expires), values["key"], values["kid"], values["signature"])

    def check(self, directory: str, signing: SigningKey | None, now: float) -> None:
        """Raise LinkInvalid unless the key signed this link to the directory, or LinkExpired."""
        if signing is None or signing.kid != self.kid:
            raise LinkInvalid
        right = Link(self.path, directory, self.key, self.expires).signature(signing, self.method)
        if not hmac.compare_digest(right.encode(), self.signature.encode()):
            raise LinkInvalid
        if self.expires <= now:
            raise LinkExpired
