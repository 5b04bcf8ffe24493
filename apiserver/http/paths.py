"""Routes whose path parameters may contain any character, including a slash."""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote

from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from apiserver.problems import InvalidName


class EncodedRoute(APIRoute):
    """A route that matches the encoded path, so that an encoded slash (%2F) is not a separator; see `decoded`.

    Starlette decodes a path before it splits it at slashes.
    """

    def matches(self, scope: Scope) -> tuple[Match, MutableMapping[str, Any]]:
        """Return whether this route serves the request; its parameters stay encoded."""
        return super().matches({**scope, "path": scope["raw_path"].decode("ascii")})


def decoded(parameter: str) -> str:
    """Decode a path parameter. Raises InvalidName if it is not UTF-8."""
    try:
        return unquote(parameter, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidName("A name in a path must be percent-encoded UTF-8.") from error
