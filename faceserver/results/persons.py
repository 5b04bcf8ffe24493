"""Persons and their faces."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from faceserver.results.recognition import Box, EnrolmentWarning


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody enrolled. faces: how many. last_seen_at: when they were recognized last, None if never."""

    directory: str
    person: str
    display_name: str | None
    external_id: str | None
    metadata: dict[str, Any]
    faces: int
    created_at: datetime
    updated_at: datetime
    last_seen_at: datetime | None
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptQuality:
    """What was measured of a face when it was enrolled: docs/quality.md. Angles are degrees."""

    sharpness: float
    brightness: float
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """An enrolled face. image, crop: where its photograph and the face alone can be fetched, None if it has none."""

    face: str
    person: str
    model: str
    box: Box
    score: float
    quality: KeptQuality | None
    image: str | None
    crop: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """Why a photograph was refused."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """What became of one photograph of several. known: this photograph of this person had been enrolled before."""

    filename: str
    outcome: Literal["created", "known", "refused"]
    face: Face | None
    problem: FileProblem | None
    warnings: tuple[EnrolmentWarning, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedFaces:
    """What became of each photograph, in their order."""

    items: tuple[FileOutcome, ...]
    created: int
    known: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(Person):
    """A person with the faces of others. merge: by which `undo_merge` knows it."""

    merge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The persons that were made, or made again."""

    persons: tuple[Person, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A receipt: how much goes. finished_at: when the last image was gone, None while some are still there."""

    deletion: str
    directory: str
    person: str | None
    face: str | None
    persons: int
    faces: int
    images: int
    requested_at: datetime
    finished_at: datetime | None
