"""A call of the HTTP API: what is sent, and what is made of the answer.

Nearly all can be sent again without harm: reading changes nothing, what is learned or set twice is so once, and what
would be made twice carries a key by which the service knows it again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Generic, Self, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from faceserver.photographs import Photograph

T = TypeVar("T")

LARGEST_PAGE = 1000
"""Entries of a list that come with one answer."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A file to send that may be larger than the memory."""

    path: Path


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request, and `read`, which makes the result of a success's body or raises ValueError.

    query, fields: of the address and of the form. files: parts of the form by name. json: a body. if_match: do it only
    where the thing still has this revision. creates: sent twice it would be done twice, but for a key. once: sent twice
    it would be refused, such as a deletion. into: where the body of a success is written; `read` gets nothing of it.
    """

    method: str
    path: str
    read: Callable[[bytes], T]
    query: Mapping[str, object] = field(default_factory=dict)
    fields: Mapping[str, object] = field(default_factory=dict)
    files: Sequence[tuple[str, Photograph | Archive]] = ()
    json: Any = None
    if_match: int | None = None
    creates: bool = False
    once: bool = False
    into: Path | None = None

    def after(self, cursor: str) -> Self:
        """Return the call for the next page of a list."""
        return replace(self, query={**self.query, "cursor": cursor})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Entries of a list. next: where the next page begins, None on the last one."""

    items: tuple[T, ...]
    next: str | None


def place(*names: str) -> str:
    """Return names as a path; dots are quoted too, for `.` and `..` would be places in it."""
    return "".join("/" + quote(name, safe="").replace(".", "%2E") for name in names)


@cache
def json_of(kind: type[T]) -> Callable[[bytes], T]:
    """Return what reads a body as `kind`."""
    return TypeAdapter(kind).validate_json


def nothing(_: bytes) -> None:
    """Read nothing of a body."""


def given(**values: object) -> dict[str, object]:
    """Return those values that are not None."""
    return {name: value for name, value in values.items() if value is not None}
