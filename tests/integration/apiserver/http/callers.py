"""Callers with keys of their own."""

import json

import asyncpg

from apiserver.access.grants import OPEN, Reach
from apiserver.access.scopes import Scope
from apiserver.keys import records


class Callers:
    """Makes keys in a database."""

    def __init__(self, database: asyncpg.Connection) -> None:
        self._database = database

    async def add(self, scopes: frozenset[Scope], *directories: str, **limits: float) -> dict[str, str]:
        """Return the headers of a new caller."""
        wanted = records.Wanted("test", scopes, Reach(names=frozenset(directories)))
        _, text = await records.create(self._database, wanted, "test")
        headers = {"x-api-key": text}
        await self.limit(headers, **limits)
        return headers

    async def limit(self, headers: dict[str, str], **limits: float) -> None:
        """Replace the limits of a caller."""
        await self._database.execute("UPDATE keys SET limits = $2 WHERE id = $1", key_id(headers), json.dumps(limits))

    async def revoke(self, headers: dict[str, str]) -> None:
        """Revoke the key of a caller."""
        await records.revoke(self._database, key_id(headers), OPEN)


def key_id(headers: dict[str, str]) -> str:
    """Return the id of a caller's key."""
    return headers["x-api-key"].split("_")[1]
