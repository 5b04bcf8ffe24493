"""The duration of each stage of an image, summed over many images."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Stages:
    """Sums of milliseconds by stage, in the order in which the stages were first seen."""

    def __init__(self) -> None:
        self.milliseconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to `name`."""
        start = time.perf_counter()
        yield
        self.milliseconds[name] += 1000 * (time.perf_counter() - start)

    def add(self, milliseconds: Mapping[str, float]) -> None:
        """Add what another clock measured."""
        for name, duration in milliseconds.items():
            self.milliseconds[name] += duration
