"""What somebody has to decide: warnings about faces, and look-alikes."""

from dataclasses import dataclass
from datetime import datetime

from faceserver.client.results.persons import Face, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Resembled:
    """A person that a face of somebody else resembles. crop: URL of the most recognizable face, None without one."""

    person: str
    display_name: str | None
    crop: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceWarning:
    """A warning that an enrolled face may show another person. value: a similarity; limit: what it was compared with.

    other: the person that the face resembles, None with the code `unlike-own`.
    """

    face: Face
    code: str
    detail: str
    value: float
    limit: float
    other: Resembled | None
    found_at: datetime
    dismissed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookalikes:
    """Two persons who may be one. similarity: the highest of a face of one with the other, None if none was found."""

    persons: tuple[Person, Person]
    similarity: float | None
    found_at: datetime
    dismissed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """The latest comparison of a directory's faces; None and 0 if there was none. finished_at: None while it runs."""

    job: str | None
    model: str | None
    started_at: datetime | None
    finished_at: datetime | None
    compared: int
