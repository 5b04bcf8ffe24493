"""Routes whose path parameters may contain any character, including a slash."""

from collections.abc import MutableMapping
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, Path
from starlette.routing import Match
from starlette.types import Scope

from apiserver.http.checked_routes import CheckedRoute
from apiserver.names import checked_name
from apiserver.problems import InvalidName


class EncodedRoute(CheckedRoute):
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


# Coroutines, because FastAPI runs plain functions in a thread pool.
async def _directory(directory: Annotated[str, Path(description="Name of the directory, percent-encoded.")]) -> str:
    return checked_name(decoded(directory))


async def _person(person: Annotated[str, Path(description="Id of the person, percent-encoded.")]) -> str:
    return checked_name(decoded(person))


async def _other(other: Annotated[str, Path(description="Id of another person, percent-encoded.")]) -> str:
    return checked_name(decoded(other))


DirectoryName = Annotated[str, Depends(_directory)]
"""A path parameter `directory` of an EncodedRoute. Raises InvalidName."""

PersonName = Annotated[str, Depends(_person)]
"""A path parameter `person` of an EncodedRoute. Raises InvalidName."""

OtherName = Annotated[str, Depends(_other)]
"""A path parameter `other` of an EncodedRoute, a person. Raises InvalidName."""
