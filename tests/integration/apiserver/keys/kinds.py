"""Kinds of callers: keys with rights here or elsewhere, by each way of sending them, and those that give nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import asyncpg
import httpx

from apiserver.access.grants import OPEN
from apiserver.access.scopes import SHORTHANDS, Scope
from apiserver.keys import records
from apiserver.keys.secrets import new_id, new_text
from apiserver.keys.wishes import read_reach

Headers = dict[str, str]

COVERING = ("acme/east", "acme/*", "*")
"""What keys for the directory acme/east have."""

OTHERS = ("beta", "acme", "acme/east2", "acme/east/*", "ac")
"""Directories and a prefix that acme/east is not among."""

WAYS = ("bearer", "x-api-key", "session")

WITHOUT_RIGHTS = {
    "none": "key-missing",
    "unknown": "key-invalid",
    "malformed": "key-invalid",
    "expired": "key-invalid",
    "revoked": "key-invalid",
    "ended session": "session-ended",
    "session without token": "csrf-token-wrong",
}
"""Callers whose rights would suffice if they were valid, and the code of what they get."""

_SAME = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class Kind:
    """scopes: of the key. reach: its directory or prefix. way: how it is sent, or one of those without rights."""

    scopes: frozenset[Scope]
    reach: str
    way: str

    @property
    def covers(self) -> bool:
        """Whether it has the directory acme/east."""
        return self.reach in COVERING


def kinds() -> list[Kind]:
    """Return those that the requests are tried with, whose neighbours differ in all respects."""
    singles = [frozenset({scope}) for scope in Scope]
    several = [SHORTHANDS["learn"], SHORTHANDS["manage"], SHORTHANDS["admin"]]
    reaches = [(COVERING[n % 3], OTHERS[n % 5], COVERING[0], OTHERS[(n + 2) % 5]) for n in range(len(singles))]
    chosen = [(singles[n], reaches[n][turn]) for turn in range(4) for n in range(len(singles))]
    chosen += [(scopes, reach) for reach in (*OTHERS, *COVERING) for scopes in several]
    found = [Kind(scopes, reach, WAYS[number % len(WAYS)]) for number, (scopes, reach) in enumerate(chosen)]
    return [*found, *(Kind(frozenset(Scope), "*", way) for way in WITHOUT_RIGHTS)]


class Callers:
    """Makes keys and sessions of a gateway, and the headers that send them."""

    def __init__(self, client: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
        self._client = client
        self._connection = connection
        self._known: dict[Kind, Headers] = {}
        self._addresses: Iterator[int] = count()

    async def headers(self, kind: Kind) -> Headers:
        """Return the headers of a caller; of a new address, since wrong keys make an address wait."""
        if kind not in self._known:
            self._known[kind] = await self._made(kind)
        number = next(self._addresses)
        return self._known[kind] | {"X-Forwarded-For": f"203.0.{number // 250 % 250}.{number % 250 + 1}"}

    async def key(self, kind: Kind, expires_at: datetime | None = None) -> tuple[str, str]:
        """Return id and text of a new key with exactly these scopes."""
        wanted = records.Wanted("test", kind.scopes, read_reach([kind.reach]), expires_at=expires_at)
        record, text = await records.create(self._connection, wanted, "test")
        return record.id, text

    async def revoke(self, key_id: str) -> None:
        await records.revoke(self._connection, key_id, OPEN)

    async def _made(self, kind: Kind) -> Headers:
        if kind.way == "none":
            return {}
        if kind.way in {"unknown", "malformed"}:
            return {"x-api-key": new_text(new_id()) if kind.way == "unknown" else "fs_malformed"}
        ended = datetime.now(UTC) - timedelta(seconds=1) if kind.way == "expired" else None
        key_id, text = await self.key(kind, ended)
        if kind.way == "revoked":
            await self.revoke(key_id)
        if "session" not in kind.way:
            return {"Authorization": f"Bearer {text}"} if kind.way == "bearer" else {"x-api-key": text}
        return await self._session(kind, text)

    async def _session(self, kind: Kind, text: str) -> Headers:
        answer = await self._client.post("/session", json={"key": text}, headers=_SAME)
        assert answer.status_code == 201, answer.text
        self._client.cookies.clear()
        page = _SAME | {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
        signed = page | {"X-Faceserver-CSRF": answer.json()["csrf_token"]}
        if kind.way == "ended session":
            assert (await self._client.delete("/session", headers=signed)).status_code == 204
        return page if kind.way == "session without token" else signed
