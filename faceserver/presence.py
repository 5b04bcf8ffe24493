"""Who is before a camera: comings and goings from what is recognized frame by frame."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

STRANGER = None
"""Stands for all who are not known: nobody can tell one from another."""


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody, or a stranger, came or went. seconds: of the video; for `went`, when they were last seen."""

    what: Literal["came", "went"]
    person: str | None
    seconds: float


class Presence:
    """Remembers when each was last seen. A short absence, such as a turned head, is none."""

    def __init__(self, gone_after_seconds: float) -> None:
        self._gone_after_seconds = gone_after_seconds
        self._seen: dict[str | None, float] = {}

    def see(self, persons: Iterable[str | None], seconds: float) -> list[Event]:
        """Take who is on the frame at `seconds`, which never falls, and return what follows."""
        here = dict.fromkeys(persons)
        came = [Event("came", person, seconds) for person in here if person not in self._seen]
        self._seen.update(dict.fromkeys(here, seconds))  # first: who is on two frames in turn was not away in between
        return [*self._gone(seconds), *came]

    def end(self) -> list[Event]:
        """Return the goings of all who are still there: the video is over."""
        return list(self._gone(float("inf")))

    def _gone(self, seconds: float) -> Iterator[Event]:
        for person, last in list(self._seen.items()):
            if seconds - last > self._gone_after_seconds:
                del self._seen[person]
                yield Event("went", person, last)
