"""Persons and their faces."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from faceserver.client.results.recognition import Box, EnrolmentWarning

Basis = Literal["consent", "contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests"]
"""A lawful basis, after GDPR Article 6(1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """When and by which text a person agreed. until: when it ends, None if it has no end. Times have a time zone."""

    given_at: datetime
    text: str
    basis: Basis = "consent"
    until: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person. faces: their number. last_seen_at: when they were last recognized, None if never.

    consent: None if none is recorded. restricted: the person is kept, but never named. photographs: how many of the
    faces have a photograph that is kept. warnings: how many warnings about the faces nobody dismissed. crop: URL of the
    most recognizable face, None without one.
    """

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
    consent: Consent | None = None
    restricted: bool = False
    photographs: int = 0
    warnings: int = 0
    crop: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptQuality:
    """Quality of a face when it was enrolled; see docs/quality.md. Angles are in degrees."""

    sharpness: float
    brightness: float
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlike:
    """How little a face resembles the person's other photographs.

    similarity: the cosine that a third of them reach. limit: what photographs of one person have at least.
    """

    similarity: float
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """An enrolled face. image, crop: URLs of its photograph and of the aligned face, None if not stored.

    recognizability: the chance that it matches a good photograph of the same person; None if it is not measured yet.
    unlike: None except in lists of faces that are `unlike`. origin: where its embedding comes from: a `photograph`, a
    `crop`, or unchecked from a `bundle` that was trusted; None if it was not recorded.
    """

    face: str
    person: str
    model: str
    box: Box
    score: float
    quality: KeptQuality | None
    image: str | None
    crop: str | None
    created_at: datetime
    recognizability: float | None = None
    origin: str | None = None
    unlike: Unlike | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """Why a photograph was refused."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """The outcome of one photograph. `known`: this photograph of this person was enrolled before.

    faces_omitted: how many more faces it shows than were considered; of a crowd the largest are.
    """

    filename: str
    outcome: Literal["created", "known", "refused"]
    face: Face | None
    problem: FileProblem | None
    warnings: tuple[EnrolmentWarning, ...]
    faces_omitted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedFaces:
    """The outcome of each photograph, in the order given."""

    items: tuple[FileOutcome, ...]
    created: int
    known: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(Person):
    """A person after a merge. merge: id of the merge, for `undo_merge`."""

    merge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedPerson:
    """A person that a merge removed. faces: how many come back when it is undone; crop: URL of one, None without."""

    person: str
    display_name: str | None
    faces: int
    crop: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMerge:
    """A merge into `person`. persons: those that it removed, none once it is undone.

    obstacle: why it cannot be undone, as the code of a problem; None if it can. With `person-exists` it can be undone
    into the existing person.
    """

    merge: str
    person: str
    display_name: str | None
    merged_at: datetime
    undone_at: datetime | None
    persons: tuple[MergedPerson, ...]
    undoable: bool
    obstacle: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The persons that were created or restored."""

    persons: tuple[Person, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """The receipt of a deletion. finished_at: when the last image was deleted, None while some remain."""

    deletion: str
    directory: str
    person: str | None
    face: str | None
    persons: int
    faces: int
    images: int
    requested_at: datetime
    finished_at: datetime | None
