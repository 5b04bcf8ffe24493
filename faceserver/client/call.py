"""A call of the HTTP API: the request, and the conversion of the answer into a result.

Nearly all calls can be repeated safely: reading changes nothing, learning or setting something twice has the effect of
doing it once, and a call that would create something twice carries a key by which the service recognizes it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Generic, Self, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from faceserver.client.photographs import Photograph

T = TypeVar("T")

MAX_PAGE = 1000
"""Maximum number of list entries in one answer."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A file to send, which may be larger than the memory."""

    path: Path


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request, and `read`, which converts the body of a successful answer or raises ValueError.

    query, fields: parameters of the URL and of the form. files: parts of the form by name. json: a body. if_match: the
    revision that the resource must still have. if_absent: it must not exist. creates: repeated without an idempotency
    key, it would be done twice. once: repeated, it would be refused, such as a deletion. into: file to which the body
    of a successful answer is written; `read` then receives no body.
    """

    method: str
    path: str
    read: Callable[[bytes], T]
    query: Mapping[str, object] = field(default_factory=dict)
    fields: Mapping[str, object] = field(default_factory=dict)
    files: Sequence[tuple[str, Photograph | Archive]] = ()
    json: Any = None
    if_match: int | None = None
    if_absent: bool = False
    creates: bool = False
    once: bool = False
    into: Path | None = None

    def after(self, cursor: str) -> Self:
        """Return the call for the next page of a list."""
        return replace(self, query={**self.query, "cursor": cursor})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Entries of a list. next: cursor of the next page, None on the last one."""

    items: tuple[T, ...]
    next: str | None


def url_path(*names: str) -> str:
    """Return names as the path of a URL; dots are quoted, too, because `.` and `..` have a meaning in paths."""
    return "".join("/" + quote(name, safe="").replace(".", "%2E") for name in names)


@cache
def json_of(kind: type[T]) -> Callable[[bytes], T]:
    """Return a function that parses a body as `kind`."""
    return TypeAdapter(kind).validate_json


def ignore_body(_: bytes) -> None:
    """Discard a body."""


def given(**values: object) -> dict[str, object]:
    """Return the values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


class InDirectory:
    """Base of the calls about a directory, which is the client's unless a call names another."""

    directory: str

    def _directory(self, directory: str | None) -> str:
        return self.directory if directory is None else directory

    def _path(self, directory: str | None, *names: str) -> str:
        """Return the path of a resource in a directory."""
        return url_path("directories", self._directory(directory), *names)
