"""Turns what a request brings into the grant of its caller."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from apiserver.access.grants import OPEN, Grant
from apiserver.background import background, repeat
from apiserver.database import Database, Share
from apiserver.keys import records
from apiserver.keys.attempts import Attempts
from apiserver.keys.known import KnownKeys
from apiserver.keys.listening import Listener
from apiserver.keys.records import now
from apiserver.keys.secrets import Key, read
from apiserver.problems import KeyInvalid, NoKeys
from apiserver.settings import Settings

_USES_SECONDS = 10.0
_BEARER = "bearer"


class Authenticator:
    """Knows who calls: by keys in memory, which the database keeps current."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._required = settings.keys_required
        anonymous = settings.anonymous_key
        self._anonymous = anonymous.get_secret_value() if anonymous else None
        self._attempts = Attempts()
        self._listener = Listener(
            settings.database_url.get_secret_value(), on_change=self._changed, on_start=self._started
        )
        self._keys = KnownKeys(database, self._listener.is_certain)
        self._used: set[str] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hear of changed keys, and record uses, while the block runs."""
        async with background(self._listener.run()), background(repeat(self._record_uses, _USES_SECONDS)):
            yield

    async def grant_of(self, scope: Mapping[str, Any]) -> Grant | None:
        """Return the grant of the caller of an ASGI request; None if it brings no key and one is required.

        Raises KeyInvalid, NoKeys, TooManyAttempts, or DatabaseUnavailable.
        """
        address = scope["client"][0] if scope["client"] else ""
        try:
            sent = _sent(scope["headers"])
            text = self._anonymous if sent is None else sent
            key = None if text is None else read(text)
            if key is None and not self._required:  # other programs' headers mean nothing here
                return OPEN
            if text is None:
                await self._require_keys()
                return None
            return await self._grant(key, address)
        except KeyInvalid:
            await self._require_keys()
            self._attempts.failed(address)
            raise

    async def grant_of_key(self, key_id: str) -> Grant | None:
        """Return what the key with this id may do now; None if it is unknown, expired or revoked.

        Raises DatabaseUnavailable.
        """
        found = self._keys.held(key_id) or await self._keys.find(key_id)
        return found.grant if found and found.is_usable(now()) else None

    async def check_ready(self) -> None:
        """Raise NoKeys if a key is required and none works, or DatabaseUnavailable."""
        await self._require_keys()

    async def _grant(self, key: Key | None, address: str) -> Grant:
        if key is None:
            self._attempts.check(address)
            raise KeyInvalid
        found = self._keys.held(key.id)
        if found is None:
            # Whoever shares an address with somebody who guesses must get in, and guesses must not cost lookups.
            if self._attempts.are_spent(address) and not await self._keys.exists(key.id):
                self._attempts.check(address)
            found = await self._keys.find(key.id)
        if found is None or not found.admits(key.hash, now()):
            self._attempts.check(address)
            raise KeyInvalid
        self._used.add(found.id)
        return found.grant

    async def _require_keys(self) -> None:
        if self._required and not await self._keys.is_any_usable():
            raise NoKeys

    def _changed(self, key_id: str) -> None:
        self._keys.changed(key_id)

    def _started(self) -> None:
        self._keys.forget()

    async def _record_uses(self) -> None:
        used, self._used = self._used, set()
        if not used:
            return
        try:
            async with self._database.connection(Share.READS) as connection:
                await records.note_uses(connection, sorted(used))
        except BaseException:
            self._used |= used
            raise


def _sent(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the key in the headers, None if there is none. Raises KeyInvalid for several that differ."""
    texts: list[str] = []
    for name, value in headers:
        if name == b"authorization":
            scheme, _, credentials = value.decode("latin-1").partition(" ")
            texts.append(credentials.strip() if scheme.lower() == _BEARER else "")
        elif name == b"x-api-key":
            texts.append(value.decode("latin-1").strip())
    if not texts:
        return None
    if len(set(texts)) > 1 or len(texts) > 2:
        raise KeyInvalid("The request has several keys, or an Authorization that is not Bearer.")
    return texts[0]
