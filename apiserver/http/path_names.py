"""Path parameters that name a directory or a person, decoded and validated."""

from typing import Annotated

from fastapi import Depends, Path

from apiserver.http.paths import decoded
from apiserver.names import checked_name


# Coroutines, because FastAPI runs plain functions in a thread pool.
async def _directory(directory: Annotated[str, Path(description="Name of the directory, percent-encoded.")]) -> str:
    return checked_name(decoded(directory))


async def _person(person: Annotated[str, Path(description="Id of the person, percent-encoded.")]) -> str:
    return checked_name(decoded(person))


DirectoryName = Annotated[str, Depends(_directory)]
"""A path parameter `directory` of an EncodedRoute. Raises InvalidName."""

PersonName = Annotated[str, Depends(_person)]
"""A path parameter `person` of an EncodedRoute. Raises InvalidName."""
