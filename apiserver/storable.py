"""Texts and JSON from clients that PostgreSQL can store."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, JsonValue

_MAX_METADATA_BYTES = 16_384


def _without_zero(text: str) -> str:
    if "\0" in text:
        raise ValueError("contains a zero character")
    return text


Text = Annotated[str, AfterValidator(_without_zero)]
"""A string that PostgreSQL can store as text."""


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
