"""The names of a directory and a person in a path, as a client meant them."""

from typing import Annotated

from fastapi import Depends, Path

from apiserver.encoded_paths import decoded
from apiserver.names import checked_name


# Coroutines, because FastAPI runs plain functions on other threads.
async def _directory(directory: Annotated[str, Path(description="The name, percent-encoded.")]) -> str:
    return checked_name(decoded(directory))


async def _person(person: Annotated[str, Path(description="The id, percent-encoded.")]) -> str:
    return checked_name(decoded(person))


DirectoryName = Annotated[str, Depends(_directory)]
"""A path parameter `directory` of an EncodedRoute. Raises InvalidName."""

PersonName = Annotated[str, Depends(_person)]
"""A path parameter `person` of an EncodedRoute. Raises InvalidName."""
