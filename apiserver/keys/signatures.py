"""AWS Signature Version 4: what clients of Amazon sign of a request, and what their secret gives for it.

The signature covers method, path, the signed headers and the body, so that it fits no other request.
"""

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import product
from typing import Any, Self
from urllib.parse import quote

from apiserver.problems import SignatureInvalid

ALGORITHM = "AWS4-HMAC-SHA256"
_SERVICE = "rekognition"
_END = "aws4_request"
_MAX_AGE = timedelta(minutes=15)

_CREDENTIAL = re.compile(
    r"(?P<key>[\w+=,.@-]{1,128})/(?P<day>[0-9]{8})/(?P<region>[a-z0-9-]{1,64})/(?P<rest>[^,]*)", re.ASCII
)
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_MUST_BE_SIGNED = frozenset({"host", "x-amz-date", "x-amz-target"})
_SIGNED_IF_SENT = frozenset({"x-amz-content-sha256", "x-amz-security-token"})

Headers = Mapping[str, list[str]]


def is_signed(scope: Mapping[str, Any]) -> bool:
    """Tell whether an ASGI request is signed, rightly or not."""
    start = ALGORITHM.lower().encode()
    return any(name == b"authorization" and value.lower().startswith(start) for name, value in scope["headers"])


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signed request says of its signature, without its body.

    key: the id of the access key. headers: the values of those that are signed, by name, in order.
    """

    key: str
    day: str
    region: str
    time: str
    signed: tuple[str, ...]
    signature: bytes
    headers: Mapping[str, str]

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> Self:
        """Return what an ASGI request says. Raises SignatureInvalid if anything is missing, twice or contradictory."""
        headers = _headers(scope)
        parts = _parts(_only(headers, "authorization"))
        credential = _CREDENTIAL.fullmatch(parts["Credential"])
        if credential is None or credential["rest"] != f"{_SERVICE}/{_END}":
            raise SignatureInvalid(f"The credential must end in /<date>/<region>/{_SERVICE}/{_END}.")
        if not _SIGNATURE.fullmatch(parts["Signature"]):
            raise SignatureInvalid("The signature must have 64 hexadecimal digits.")
        signed = tuple(parts["SignedHeaders"].split(";"))
        _check_signed(signed, headers)
        time = _only(headers, "x-amz-date")
        if not _TIME.fullmatch(time) or time[:8] != credential["day"]:
            raise SignatureInvalid("X-Amz-Date must have the form 20261129T120000Z and the date of the credential.")
        return cls(
            key=credential["key"],
            day=credential["day"],
            region=credential["region"],
            time=time,
            signed=signed,
            signature=parts["Signature"].encode(),
            headers={name: _only(headers, name) for name in signed},
        )

    def check_time(self, now: datetime) -> None:
        """Raise SignatureInvalid if the request is older, or later, than 15 minutes."""
        try:
            made = datetime.strptime(self.time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError as error:
            raise SignatureInvalid("X-Amz-Date is not a time.") from error
        if abs(now - made) > _MAX_AGE:
            sense = "expired" if made < now else "not yet current"
            raise SignatureInvalid(
                f"Signature {sense}: {self.time} is more than 15 minutes from {now.astimezone(UTC):%Y%m%dT%H%M%SZ}."
            )

    def check_body(self, digest: str) -> None:
        """Raise SignatureInvalid if the request says that its body is another one, or that it is not signed."""
        if self.headers.get("x-amz-content-sha256", digest) != digest:
            raise SignatureInvalid("X-Amz-Content-Sha256 is not that of the body.")

    def is_signed_by(self, secret: str, paths: Iterable[str], hosts: Sequence[str], digest: str) -> bool:
        """Tell whether the secret gives the signature.

        paths, hosts: what the client may have called the service, as proxies in front of it change both. digest: of
        the body, SHA-256 in hexadecimal digits.
        """
        key = _chain(f"AWS4{secret}".encode(), self.day, self.region, _SERVICE, _END)
        scope = f"{self.day}/{self.region}/{_SERVICE}/{_END}"
        fits = False
        for path, host in product(paths, hosts):
            canonical = sha256(self._canonical(path, host, digest).encode("latin-1")).hexdigest()
            text = f"{ALGORITHM}\n{self.time}\n{scope}\n{canonical}"
            made = hmac.new(key, text.encode(), sha256).hexdigest().encode()
            fits |= hmac.compare_digest(made, self.signature)
        return fits

    def _canonical(self, path: str, host: str, digest: str) -> str:
        headers = {**self.headers, "host": host}
        lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in self.signed)
        return "\n".join(("POST", quote(path, safe="/~"), "", lines, ";".join(self.signed), digest))


def _headers(scope: Mapping[str, Any]) -> Headers:
    headers: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return headers


def _only(headers: Headers, name: str) -> str:
    """Return the value of a header; of two, one could be used and the other signed."""
    values = headers.get(name, [])
    if len(values) != 1:
        raise SignatureInvalid(f"The request must have one header {name}.")
    return values[0]


def _parts(authorization: str) -> Mapping[str, str]:
    """Return the parts of an Authorization header by their names."""
    algorithm, _, rest = authorization.partition(" ")
    pairs = [part.strip().partition("=")[::2] for part in rest.split(", " if ", " in rest else ",")]
    parts = dict(pairs)
    if (
        algorithm != ALGORITHM
        or len(pairs) != len(parts)
        or parts.keys() != {"Credential", "SignedHeaders", "Signature"}
    ):
        raise SignatureInvalid(
            f"Authorization must be {ALGORITHM} with Credential, SignedHeaders and Signature, each once."
        )
    return parts


def _check_signed(signed: Sequence[str], headers: Headers) -> None:
    if list(signed) != sorted(set(signed)):
        raise SignatureInvalid("SignedHeaders must be lowercase, in alphabetical order, and without duplicates.")
    if missing := (_MUST_BE_SIGNED | (_SIGNED_IF_SENT & headers.keys())).difference(signed):
        raise SignatureInvalid(f"The header {min(missing)} must be signed.")


def _chain(key: bytes, *texts: str) -> bytes:
    for text in texts:
        key = hmac.digest(key, text.encode(), "sha256")
    return key
