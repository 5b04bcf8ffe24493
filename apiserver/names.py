"""Strings and JSON from clients: names of persons and directories, and what PostgreSQL can store.

Names are compared in Unicode's normalization form C, in which they are stored: two names that look the same because one
has `ë` and the other `e` with a combining diaeresis, as macOS writes it, are one name.
"""

import json
import unicodedata
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, JsonValue, StringConstraints, TypeAdapter, ValidationError

from apiserver.problems import InvalidName

_MAX_METADATA_BYTES = 16_384
MAX_NAME = 255
_MAX_DECOMPOSED = 4
"""The most characters that form C makes one of. A longer name is too long, and composing it takes quadratic time."""


def _composed(name: object) -> object:
    """Return a name in normalization form C; anything but a string is left for pydantic to refuse."""
    if isinstance(name, str) and len(name) <= _MAX_DECOMPOSED * MAX_NAME:
        return unicodedata.normalize("NFC", name)
    return name


def _without_controls(name: str) -> str:
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        raise ValueError("contains control characters")
    return name


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_NAME),
    BeforeValidator(_composed),
    AfterValidator(_without_controls),
]
"""1 to 255 characters without control characters and lone surrogates, in normalization form C."""

_NAME: TypeAdapter[str] = TypeAdapter(Name)


def checked_name(name: str) -> str:
    """Return a valid name in normalization form C. Raises InvalidName."""
    try:
        return _NAME.validate_python(name)
    except ValidationError as error:
        raise InvalidName from error


def _without_zero(text: str) -> str:
    if "\0" in text:
        raise ValueError("contains a zero character")
    return text


Text = Annotated[str, AfterValidator(_without_zero)]
"""A string that PostgreSQL can store as text."""

NameFilter = Annotated[
    str, StringConstraints(max_length=MAX_NAME), BeforeValidator(_composed), AfterValidator(_without_zero)
]
"""A name, or the beginning of names, to look for."""


def _storable(metadata: dict[str, Any]) -> dict[str, Any]:
    """Raise ValueError if the object cannot be stored or is too large."""
    if any("\0" in text for text in _texts(metadata)):
        raise ValueError("contains a zero character")
    if len(json.dumps(metadata, ensure_ascii=False, allow_nan=False).encode()) > _MAX_METADATA_BYTES:
        raise ValueError(f"is longer than {_MAX_METADATA_BYTES} bytes")
    return metadata


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item)


Metadata = Annotated[dict[str, JsonValue], AfterValidator(_storable)]
"""A JSON object of at most 16 KB."""
