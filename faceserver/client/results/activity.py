"""What happened in a directory."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

EventKind = Literal["photograph", "added", "merged", "deleted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedFace:
    """A face that was learned from a photograph. person: who has it now. crop: its URL."""

    person: str
    face: str
    crop: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotographEvent:
    """A photograph that is kept, since it was sent first. recognized: who was named on it. image: its URL."""

    image: str | None
    recognized: tuple[str, ...]
    learned: tuple[LearnedFace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedEvent:
    """A person who was added."""

    person: str
    display_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedEvent:
    """A merge into a person."""

    merge: str
    person: str
    undone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedEvent:
    """A deletion; it names nobody. finished_at: when the last photograph was deleted, None while some remain."""

    deletion: str
    persons: int
    faces: int
    images: int
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; the field that `kind` names has the details."""

    at: datetime
    kind: EventKind
    photograph: PhotographEvent | None = None
    added: AddedEvent | None = None
    merged: MergedEvent | None = None
    deleted: DeletedEvent | None = None
