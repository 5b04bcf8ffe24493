"""The caller of a request: a signature proves that it has the secret of its access key."""

from fastapi import Request

from apiserver.access.grants import OPEN, Grant
from apiserver.api.rekognition.calls import digest_of
from apiserver.http.public_addresses import public
from apiserver.keys.pairs import Pair
from apiserver.keys.records import now
from apiserver.keys.signatures import SignedRequest, is_signed
from apiserver.problems import KeyMissing, SignatureInvalid
from apiserver.state import State

_REGION = "us-east-1"
"""Of requests that are not signed."""


class Signer:
    """The caller of a request whose body is not yet read."""

    def __init__(self, request: Request, signed: SignedRequest | None, pair: Pair | None) -> None:
        self._request = request
        self._signed = signed
        self._pair = pair

    @classmethod
    async def of(cls, request: Request) -> "Signer":
        """Return the caller that the headers name.

        Raises KeyMissing, SignatureInvalid, KeyInvalid, NoKeys, TooManyAttempts, or DatabaseUnavailable.
        """
        state = State.of(request)
        if not is_signed(request.scope):
            if request.state.grant is None:
                raise KeyMissing("The request has no signature of an access key.")
            return cls(request, None, None)
        signed = SignedRequest.of(request.scope)
        if request.scope["query_string"]:
            raise SignatureInvalid("The URL of a call has no parameters.")
        signed.check_time(now())
        return cls(request, signed, await state.authenticator.pair_of(signed.key, request.scope))

    @property
    def region(self) -> str:
        """The region that the request is signed for."""
        return self._signed.region if self._signed else _REGION

    async def grant(self, body: bytes) -> Grant:
        """Return what the caller may do. Raises SignatureInvalid, TooManyAttempts, or KeyUnavailable."""
        if self._signed is None:
            grant: Grant = self._request.state.grant
            return grant
        if self._pair is None:  # unknown here, and no key is required
            return OPEN
        digest = (await digest_of(body)).hex()
        self._signed.check_body(digest)
        authenticator = State.of(self._request).authenticator
        secret = await authenticator.secret_of(self._pair)
        if not self._signed.is_signed_by(secret, _paths(), self._hosts(self._signed), digest):
            await authenticator.refuse_signature(self._request.scope, SignatureInvalid())
        return authenticator.used(self._pair)

    def _hosts(self, signed: SignedRequest) -> list[str]:
        """Return what the client may have sent as Host: what arrived, or what a trusted proxy says."""
        return list(dict.fromkeys([signed.headers["host"], *self._request.state.target.hosts]))


def _paths() -> list[str]:
    """Return what the client may have sent as its path: the one where a proxy publishes the service, with its slash."""
    return list(dict.fromkeys([public("/"), public("") or "/"]))
