"""Distinguishes a value that a call leaves unchanged from one that it removes, which is None."""

from enum import Enum
from typing import Final, Literal, TypeAlias, TypeVar

T = TypeVar("T")


class _Unchanged(Enum):
    UNCHANGED = "UNCHANGED"

    def __repr__(self) -> str:
        return self.value


UNCHANGED: Final = _Unchanged.UNCHANGED
Unchanged: TypeAlias = Literal[_Unchanged.UNCHANGED]


def unless_none(value: T | None) -> T | Unchanged:
    """Return `value`, or UNCHANGED if it is None."""
    return UNCHANGED if value is None else value


def changed(**values: object) -> dict[str, object]:
    """Return the values other than UNCHANGED."""
    return {name: value for name, value in values.items() if value is not UNCHANGED}
