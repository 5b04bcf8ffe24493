"""Turns what a request brings into the grant of its caller."""

from collections.abc import Mapping
from typing import Any

from apiserver.access.grants import OPEN, Grant


class Authenticator:
    """Knows who calls."""

    async def grant_of(self, scope: Mapping[str, Any]) -> Grant | None:  # noqa: ARG002
        """Return the grant of the caller of an ASGI request; None if it brings no key and one is required."""
        return OPEN

    async def grant_of_key(self, key: str) -> Grant | None:  # noqa: ARG002
        """Return what the key with this id may do; None if it is unknown, expired or revoked."""
        return None
