"""Who is in front of a camera: comings and goings, derived from the people recognized in each frame."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

STRANGER = None
"""Stands for all unknown people, who cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Event:
    """A person or a stranger came or went. seconds: time in the video; for `went`, when they were last seen."""

    what: Literal["came", "went"]
    person: str | None
    seconds: float


class Presence:
    """Remembers when each person was last seen. A short absence, such as a turned head, is ignored."""

    def __init__(self, gone_after_seconds: float) -> None:
        self._gone_after_seconds = gone_after_seconds
        self._seen: dict[str | None, float] = {}
        self._watched_since = 0.0

    def see(self, persons: Iterable[str | None], seconds: float) -> list[Event]:
        """Record the people in the frame at `seconds`, which never decreases, and return the events."""
        here = dict.fromkeys(persons)
        came = [Event("came", person, seconds) for person in here if person not in self._seen]
        self._seen.update(dict.fromkeys(here, seconds))  # first: people in two consecutive frames were not away
        return [*self._gone(seconds), *came]

    def resume(self, seconds: float) -> None:
        """Note that nobody was looked for before `seconds`, so that nobody has gone because of that."""
        self._watched_since = seconds

    def end(self) -> list[Event]:
        """Return the departures of everybody still present, at the end of the video."""
        return list(self._gone(float("inf")))

    def _gone(self, seconds: float) -> Iterator[Event]:
        for person, last in list(self._seen.items()):
            if seconds - max(last, self._watched_since) > self._gone_after_seconds:
                del self._seen[person]
                yield Event("went", person, last)
