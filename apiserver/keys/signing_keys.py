"""The keys that sign links: made by the gateways themselves, a new one each day (UTC), and shared in the database."""

import asyncio
import secrets
import time

from apiserver.access.links import SigningKey
from apiserver.database.pool import Database

_SECRET_BYTES = 32
_REFRESH_SECONDS = 60.0
_UNKNOWN_SECONDS = 1.0
"""How often, at most, links with unknown keys make a gateway look for one that another has just made."""

_TODAY = "SELECT extract(epoch FROM now())::bigint / 86400"
_MAKE = "INSERT INTO signing_keys (day, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_FORGET = "DELETE FROM signing_keys WHERE day < $1"
_READ = "SELECT day, secret FROM signing_keys WHERE day >= $1 ORDER BY day DESC LIMIT 2"


class SigningKeys:
    """The two live keys: the newest signs, and both verify."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._live: tuple[SigningKey, ...] = ()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def newest(self) -> SigningKey:
        """Return the key that signs. Raises DatabaseUnavailable."""
        await self._refresh(_REFRESH_SECONDS)
        return self._live[0]

    async def find(self, kid: str) -> SigningKey | None:
        """Return a live key; None if there is none with this name. Raises DatabaseUnavailable."""
        await self._refresh(_REFRESH_SECONDS)
        if (found := self._named(kid)) is None:
            await self._refresh(_UNKNOWN_SECONDS)
            found = self._named(kid)
        return found

    def _named(self, kid: str) -> SigningKey | None:
        return next((each for each in self._live if each.kid == kid), None)

    async def _refresh(self, max_age: float) -> None:
        """Read the keys again if that was longer ago than `max_age` seconds."""
        if time.monotonic() - self._read_at < max_age:
            return
        async with self._reading:
            if time.monotonic() - self._read_at >= max_age:
                await self._read()

    async def _read(self) -> None:
        async with self._database.unbound() as connection:
            today = await connection.fetchval(_TODAY)
            await connection.execute(_MAKE, today, secrets.token_bytes(_SECRET_BYTES))
            await connection.execute(_FORGET, today - 1)
            rows = await connection.fetch(_READ, today - 1)
        self._live = tuple(SigningKey(str(row["day"]), row["secret"]) for row in rows)
        self._read_at = time.monotonic()
