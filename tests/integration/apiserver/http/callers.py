"""Gateways that require keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx

from apiserver.access.grants import Grant, Reach
from apiserver.access.scopes import Scope
from apiserver.app import create_app
from apiserver.keys.authenticator import Authenticator
from apiserver.settings import Settings
from tests.integration.apiserver.conftest import serving


class Listed(Authenticator):
    """Knows callers by a list."""

    def __init__(self) -> None:
        self.grants: dict[str, Grant] = {}

    def add(self, key: str, scopes: frozenset[Scope], *directories: str, **limits: float) -> dict[str, str]:
        """Return the headers of a new caller."""
        self.grants[key] = Grant(f"key:{key}", scopes, Reach(names=frozenset(directories)), key, limits)
        return {"x-api-key": key}

    async def grant_of(self, scope):
        """Return the grant of the key in the request."""
        return self.grants.get(dict(scope["headers"]).get(b"x-api-key", b"").decode())

    async def grant_of_key(self, key):
        """Return the grant of the key."""
        return self.grants.get(key)


@asynccontextmanager
async def requiring_keys(settings: Settings, callers: Listed) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings.model_copy(update={"hosts": ""}))

    async def keyed(scope, receive, send):
        if scope["type"] == "http":
            state = replace(scope["state"]["gateway"], authenticator=callers)
            scope = {**scope, "state": {**scope["state"], "gateway": state}}
        await app(scope, receive, send)

    async with serving(keyed) as client:
        yield client
