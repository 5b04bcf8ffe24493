"""Every call of the HTTP API: what is sent, and what is made of the answer. Both clients send these and add nothing.

Each one can be sent again without harm: reading changes nothing, and what is learned or set twice is so once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Generic, Literal, TypeAlias, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from faceserver.photographs import Photograph
from faceserver.results import Directory, Embeddings, Enrolment, Models, Recognition, Version

T = TypeVar("T")

FaceChoice: TypeAlias = Literal["only", "largest", "center"]
"""Whom to learn from a photograph of several people: `only` refuses it."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request, and `read`, which makes the result of a success's body or raises ValueError."""

    method: str
    path: str
    read: Callable[[bytes], T]
    fields: Mapping[str, str] = field(default_factory=dict)
    photograph: Photograph | None = None
    settings: Mapping[str, float] | None = None


def learn(person: str, photograph: Photograph, directory: str, face: FaceChoice) -> Call[Enrolment]:
    """POST /learn."""
    fields = {"person": person, "directory": directory, "face": face}
    return Call("POST", "/learn", _json(Enrolment), fields, photograph)


def recognize(photograph: Photograph, directory: str, k: int | None, threshold: float | None) -> Call[Recognition]:
    """POST /recognize."""
    chosen = {"k": k, "threshold": threshold}
    fields = {"directory": directory} | {name: str(value) for name, value in chosen.items() if value is not None}
    return Call("POST", "/recognize", _json(Recognition), fields, photograph)


def embed(photograph: Photograph) -> Call[Embeddings]:
    """POST /embeddings."""
    return Call("POST", "/embeddings", _json(Embeddings), photograph=photograph)


def fetch(url: str) -> Call[bytes]:
    """GET /files/<key>. url: as an answer has it, or the key alone."""
    return Call("GET", f"/files/{_segment(url.removeprefix('/files/'))}", bytes)


def get_directory(directory: str) -> Call[Directory]:
    """GET /directories/{directory}."""
    return Call("GET", _directory(directory), _json(Directory))


def put_directory(directory: str, fpir: float | None, threshold: float | None) -> Call[Directory]:
    """PUT /directories/{directory}."""
    chosen = {"fpir": fpir, "threshold": threshold}
    settings = {name: value for name, value in chosen.items() if value is not None}
    return Call("PUT", _directory(directory), _json(Directory), settings=settings)


def models() -> Call[Models]:
    """GET /models."""
    return Call("GET", "/models", _json(Models))


def version() -> Call[Version]:
    """GET /version."""
    return Call("GET", "/version", _json(Version))


def ready() -> Call[None]:
    """GET /health/ready."""
    return Call("GET", "/health/ready", lambda _: None)


def _directory(directory: str) -> str:
    return f"/directories/{_segment(directory)}"


def _segment(name: str) -> str:
    """Return a name as a part of a path; dots too, for `.` and `..` would be places in it."""
    return quote(name, safe="").replace(".", "%2E")


@cache
def _json(kind: type[T]) -> Callable[[bytes], T]:
    return TypeAdapter(kind).validate_json
