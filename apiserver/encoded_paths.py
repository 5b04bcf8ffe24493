"""Routes whose path parameters may hold any character, a slash too."""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote

from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from apiserver.problems import InvalidName


class EncodedRoute(APIRoute):
    """Matches the path as it was sent, so that an encoded slash (%2F) separates nothing; see `decoded`.

    Starlette decodes a path before it looks for the slashes in it.
    """

    def matches(self, scope: Scope) -> tuple[Match, MutableMapping[str, Any]]:
        """Tell whether this route serves the request; its parameters are left encoded."""
        return super().matches({**scope, "path": scope["raw_path"].decode("ascii")})


def decoded(parameter: str) -> str:
    """Return a path parameter as the client meant it. Raises InvalidName where it is no UTF-8."""
    try:
        return unquote(parameter, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidName("A name in a path is UTF-8, percent-encoded.") from error
