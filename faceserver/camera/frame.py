"""Frames of a source of pictures, and what happens to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The bytes of a picture, and its time in seconds since the first.

    name: of the file, if it is one. is_live: the next frame will be a newer one, however late it is asked for.
    """

    seconds: float
    picture: bytes
    name: str | None = None
    is_live: bool = False


Happening: TypeAlias = Literal["lost", "back", "skipped"]


@dataclass(frozen=True, slots=True)
class Incident:
    """The source or the service was lost or is back, or a file was skipped; a sentence says which and why."""

    what: Happening
    seconds: float
    detail: str


Report: TypeAlias = Callable[[Incident], object]
