"""The keys of an identity provider: fetched by its discovery document, kept, and fetched again when they change."""

import asyncio
import json
import logging
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from time import monotonic
from typing import Any

import aiohttp

from apiserver.keys.provider_keys import ProviderKey, read_keys
from apiserver.problems import IdentityProviderUnavailable, TokenInvalid
from apiserver.settings.identity_provider import OidcSettings, is_safe_url

_REFRESH_SECONDS = 600.0
"""How long a key that the provider withdraws still works at most."""

_RETRY_SECONDS = 5.0
_TIMEOUT_SECONDS = 5.0
_MAX_BYTES = 256_000
_FAILED = (aiohttp.ClientError, OSError, ValueError, TypeError, RecursionError)  # TimeoutError is an OSError

_logger = logging.getLogger(__name__)


class IdentityProvider:
    """Knows the keys of one issuer. What fails keeps the keys of before, for a bounded time."""

    def __init__(self, settings: OidcSettings) -> None:
        """Raises OSError if the file of the authority cannot be read."""
        self._issuer = settings.oidc_issuer
        self._tls = ssl.create_default_context(cafile=settings.oidc_ca_file) if settings.oidc_ca_file else True
        self._refetch_seconds = settings.oidc_refetch_seconds
        self._stale_seconds = settings.oidc_stale_seconds
        self._keys: dict[str, ProviderKey] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self.is_failing = False

    async def run(self) -> None:
        """Fetch the keys now and again until cancelled."""
        try:
            while True:
                await self._fetch_once()
                await asyncio.sleep(_RETRY_SECONDS if self.is_failing else _REFRESH_SECONDS)
        finally:
            if self._fetching:
                self._fetching.cancel()

    async def key(self, kid: str) -> ProviderKey:
        """Return a key of the provider. Raises TokenInvalid or IdentityProviderUnavailable."""
        if (found := self._held().get(kid)) is None:
            if self._fetching or monotonic() >= self._tried_at + self._refetch_seconds:
                await self._fetch_once()
            found = self._held().get(kid)
        if found is None and self.is_failing:
            raise IdentityProviderUnavailable
        if found is None:
            raise TokenInvalid("The token is signed with a key that its issuer does not publish; sign in again.")
        return found

    def _held(self) -> Mapping[str, ProviderKey]:
        return self._keys if monotonic() < self._fetched_at + self._stale_seconds else {}

    async def _fetch_once(self) -> None:
        """Fetch the keys, or wait for somebody else who does."""
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch())
        await asyncio.shield(self._fetching)

    async def _fetch(self) -> None:
        self._tried_at = monotonic()
        try:
            self._keys = await self._fetch_keys()
        except _FAILED as error:
            if not self.is_failing:
                _logger.warning("The keys of %s cannot be fetched: %r", self._issuer, error)
            self.is_failing = True
        else:
            self._fetched_at, self.is_failing = monotonic(), False
        finally:
            self._fetching = None

    async def _fetch_keys(self) -> dict[str, ProviderKey]:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            document = await self._read(session, f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if document.get("issuer") != self._issuer:
                raise ValueError(f"the discovery document is that of {document.get('issuer')!r:.300}")
            address = document.get("jwks_uri")
            if not isinstance(address, str) or not self._may_name(address):
                raise ValueError(f"the keys are not at an https:// URL: {address!r:.300}")
            return read_keys(await self._read(session, address))

    def _may_name(self, address: str) -> bool:
        """Tell whether keys may be fetched from there: an issuer elsewhere cannot name the gateway's own machine."""
        return is_safe_url(address) and (address.startswith("https:") or self._issuer.startswith("http:"))

    async def _read(self, session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
        async with session.get(url, ssl=self._tls, allow_redirects=False) as response:
            if response.status != HTTPStatus.OK:
                raise ValueError(f"{url} is answered {response.status}")
            body = bytearray()
            async for chunk in response.content.iter_chunked(16_384):
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise ValueError(f"{url} is longer than {_MAX_BYTES} bytes")
        document = json.loads(body)
        if not isinstance(document, dict):
            raise TypeError(f"{url} is not a JSON object")
        return document
