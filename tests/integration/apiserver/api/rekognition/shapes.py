"""Compares answers with botocore's model of the service, more strictly than botocore itself does."""

import re
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

_NUMBERS: dict[str, Any] = {
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}


def check(value: Any, shape: Shape, place: str) -> None:
    """Raise AssertionError unless an answer has the shape: members, types, enumerations, patterns and ranges."""
    if isinstance(shape, StructureShape):
        assert isinstance(value, dict), place
        assert value.keys() <= shape.members.keys(), place
        assert set(shape.required_members) <= value.keys(), place
        for name, member in value.items():
            check(member, shape.members[name], f"{place}.{name}")
    elif isinstance(shape, ListShape):
        assert isinstance(value, list), place
        # Minima of lists are those of requests that share the shape: the service itself answers empty ones.
        assert len(value) <= shape.metadata.get("max", len(value)), place
        for each in value:
            check(each, shape.member, f"{place}[]")
    elif isinstance(shape, MapShape):
        assert isinstance(value, dict), place
        for name, each in value.items():
            check(name, shape.key, place)
            check(each, shape.value, place)
    elif isinstance(shape, StringShape):
        _check_text(value, shape, place)
    else:
        _check_number(value, shape, place)


def _check_text(value: Any, shape: StringShape, place: str) -> None:
    assert isinstance(value, str), place
    _check_range(len(value), shape, place)
    assert not shape.enum or value in shape.enum, (place, value)
    pattern = shape.metadata.get("pattern")
    assert not pattern or re.fullmatch(_in_python(pattern), value), (place, value)


def _check_number(value: Any, shape: Shape, place: str) -> None:
    assert isinstance(value, _NUMBERS[shape.type_name]), (place, value)
    assert not isinstance(value, bool) or shape.type_name == "boolean", (place, value)
    _check_range(value, shape, place)


def _check_range(value: float, shape: Shape, place: str) -> None:
    assert value >= shape.metadata.get("min", value), (place, value)
    assert value <= shape.metadata.get("max", value), (place, value)


def _in_python(pattern: str) -> str:
    """Return a pattern of Java for Python, which knows no properties of characters."""
    return pattern.replace("\\p{L}", r"\w").replace("\\p{Z}", r"\s").replace("\\p{N}", r"\d")
