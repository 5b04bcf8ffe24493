"""How long the parts of a request took."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Stages:
    """Durations in milliseconds by the name of a stage; a stage that is repeated adds up."""

    def __init__(self) -> None:
        self.own: dict[str, float] = {}
        """The stages measured by this service."""
        self._durations: dict[str, float] = {}

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Add the duration of the block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            milliseconds = 1000 * (time.perf_counter() - start)
            self.own[name] = self.own.get(name, 0.0) + milliseconds
            self.add({name: milliseconds})

    def add(self, durations: Mapping[str, float]) -> None:
        """Add stages that another service measured."""
        for name, milliseconds in durations.items():
            self._durations[name] = self._durations.get(name, 0.0) + milliseconds

    def header(self) -> str:
        """Return the stages as the value of a Server-Timing header."""
        return ", ".join(f"{name};dur={duration:.1f}" for name, duration in self._durations.items())
