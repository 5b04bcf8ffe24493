"""What is measured of a request."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass


class Stages:
    """Durations in milliseconds by the name of a stage; a stage that is repeated adds up."""

    def __init__(self) -> None:
        self.own: dict[str, float] = {}
        """The stages measured by this service."""
        self._others: dict[str, float] = {}

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Add the duration of the block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.own[name] = self.own.get(name, 0.0) + 1000 * (time.perf_counter() - start)

    def add(self, durations: Mapping[str, float]) -> None:
        """Add stages that another service measured; their names differ from those of this one."""
        for name, milliseconds in durations.items():
            self._others[name] = self._others.get(name, 0.0) + milliseconds

    def header(self) -> str:
        """Return the stages as the value of a Server-Timing header."""
        durations = {**self.own, **self._others}
        return ", ".join(f"{name};dur={duration:.1f}" for name, duration in durations.items())


@dataclass(frozen=True, slots=True)
class Ended:
    """A request that has ended.

    route: method and path template. status: 0 if no response was begun. outcome: `ok`, the code of a problem,
    `client-gone`, or `cut` if no response was begun. stages: those measured by this service, milliseconds.
    """

    route: str
    status: int
    outcome: str
    seconds: float
    stages: dict[str, float]
