"""The cookies of sessions, and the tokens that show that a page of the service itself uses them."""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256

_BYTES = 32
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_CSRF = b"faceserver-csrf"


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The value of a cookie: 256 random bits."""

    value: str = field(repr=False)

    @classmethod
    def new(cls) -> "SessionCookie":
        """Return the cookie of a new session."""
        return cls(secrets.token_urlsafe(_BYTES))

    @classmethod
    def read(cls, value: str) -> "SessionCookie | None":
        """Return the cookie with this value; None if it cannot be one."""
        return cls(value) if _VALUE.fullmatch(value) else None

    @property
    def id(self) -> str:
        """What is stored of the cookie: a SHA-256 in hexadecimal digits."""
        return sha256(self.value.encode()).hexdigest()

    @property
    def csrf_token(self) -> str:
        """What changes by this session carry in a header; only who has the cookie can compute it."""
        digest = hmac.digest(self.value.encode(), _CSRF, "sha256")
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def admits(self, csrf_token: str) -> bool:
        """Tell whether a token is this session's."""
        return hmac.compare_digest(self.csrf_token.encode(), csrf_token.encode())
