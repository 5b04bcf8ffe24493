"""Networks in threads, each with its own sessions, without any service, and the duration of their stages."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Protocol


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


class Lane(Protocol):
    """Networks of one thread."""

    stages: Stages

    def analyse(self, data: bytes) -> int:
        """Compute the embeddings of all faces of an image file, noting the stages; return how many faces there are."""


@dataclass(frozen=True)
class LaneRun:
    """The combined result of several lanes.

    CPU time is that of the whole process; stages are wall-clock milliseconds per image within its lane.
    """

    lanes: int
    images: int
    faces_per_image: float
    images_per_second: float
    cpu_ms_per_image: float
    stages_ms_per_image: dict[str, float]


def run_lanes(lanes: Sequence[Lane], images: Sequence[bytes], seconds: float) -> LaneRun:
    """Let each lane take one image after the other, all from the same endless row, until `seconds` are over.

    The first image of each lane, in which buffers are made, comes before the clock starts.
    """
    for lane in lanes:
        lane.analyse(images[0])
        lane.stages.milliseconds.clear()
    row = count()  # a thread takes the next number in one step: no two get the same
    start, cpu = time.perf_counter(), time.process_time()

    def work(lane: Lane) -> list[int]:
        faces = []
        while time.perf_counter() < start + seconds:
            faces.append(lane.analyse(images[next(row) % len(images)]))
        return faces

    with ThreadPoolExecutor(len(lanes)) as threads:
        faces = [found for lane in threads.map(work, lanes) for found in lane]
    elapsed, used = time.perf_counter() - start, time.process_time() - cpu
    total = Stages()
    for lane in lanes:
        total.add(lane.stages.milliseconds)
    done = len(faces)
    return LaneRun(
        lanes=len(lanes),
        images=done,
        faces_per_image=sum(faces) / done,
        images_per_second=done / elapsed,
        cpu_ms_per_image=1000 * used / done,
        stages_ms_per_image={name: duration / done for name, duration in total.milliseconds.items()},
    )
