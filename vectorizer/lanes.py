"""How many images are on their way through the networks, and on which thread."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue

import numpy as np

from vectorizer.alignment import SIZE
from vectorizer.cores import usable_cores
from vectorizer.images import Limits
from vectorizer.metrics import Metrics
from vectorizer.models import Models, ModelSource
from vectorizer.pipeline import Faces, Timings, Want, embed_aligned, find_faces
from vectorizer.problems import Busy, DeadlineExceeded

_NICENESS = 10
"""Of the lanes beyond the process's own: they take a tenth of a core that others want whole, and all that is left."""


@dataclass(frozen=True, slots=True)
class Job:
    """One image to work on. aligned: it is a face as this service crops them, in which nothing is to be detected.

    deadline: on `time.monotonic`'s clock, after which nobody waits for it any more.
    """

    data: bytes
    wants: frozenset[Want] = frozenset()
    aligned: bool = False
    deadline: float = float("inf")
    asked: float = field(default_factory=time.monotonic)


Traced = Callable[[float, Mapping[str, float]], None]
"""Is told of an image when it came, on `time.monotonic`'s clock, and its stages since then, milliseconds."""


class Lanes:
    """Threads that each take one image at a time through all stages, with networks of their own.

    One lane a core, each running single-threaded networks, serves more images a second on a CPU than a network spread
    over all cores. At most `places` images are waiting or in work; one more is refused at once.
    """

    def __init__(
        self,
        source: ModelSource,
        limits: Limits,
        *,
        lanes: int | None = None,
        waiting: int,
        metrics: Metrics | None = None,
        traced: Traced | None = None,
    ) -> None:
        """lanes: None for one a usable core, or enough for two batches. waiting: places beyond the lanes."""
        self.metrics = metrics or Metrics()
        self._traced = traced
        self.source = source
        self.limits = limits
        engine = source.engine
        self.lanes = lanes or (2 * engine.batch if engine.shared else usable_cores())
        self.places = self.lanes + waiting
        self.taken = 0
        """Places that are taken."""
        self._threads = ThreadPoolExecutor(self.lanes, "lane", initializer=_yield_to_others)
        self._idle: SimpleQueue[Models] = SimpleQueue()
        for models in source.open(self.lanes, self.metrics.batch_done):
            self._idle.put(models)

    @property
    def busy(self) -> int:
        """How many lanes are at work."""
        return self.lanes - self._idle.qsize()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places for the block. Raises Busy when all are taken."""
        if self.taken >= self.places:
            raise Busy
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    async def faces(self, job: Job) -> Faces:
        """Work on `job` on a lane; see `find_faces`. Cancelled before a lane takes it, it is never worked on.

        Raises DeadlineExceeded when its turn comes too late.
        """
        turn = self._threads.submit(self._work, job)
        try:
            found = await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            if not turn.cancelled():  # its lane is still at it, and so it holds its place
                await asyncio.wait({asyncio.wrap_future(turn)})
            raise
        if self._traced:
            self._traced(job.asked, found.timings.milliseconds)
        return found

    def _work(self, job: Job) -> Faces:
        started = time.monotonic()
        if started > job.deadline:
            raise DeadlineExceeded
        # There are as many models as threads, so one is always there.
        models = self._idle.get()
        try:
            timings = Timings()
            timings.note("queue", started - job.asked)
            if job.aligned:
                found = embed_aligned(models, self.limits, job.data, timings=timings)
            else:
                found = find_faces(models, self.limits, job.data, job.wants, timings=timings)
            self.metrics.image_done(timings.milliseconds, len(found.embeddings))
            return found
        finally:
            self._idle.put(models)

    async def warm_up(self) -> None:
        """Run each lane's networks once, so that the first image is as fast as the next."""
        await asyncio.to_thread(self._warm_up)

    def _warm_up(self) -> None:
        blank = np.zeros((1, SIZE, SIZE, 3), np.uint8)
        for _ in range(self.lanes):
            models = self._idle.get()
            models.detector.detect(blank[0])
            models.embedder.embed(blank)
            self._idle.put(models)

    def close(self) -> None:
        """Finish the images in work and drop the waiting ones."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def _yield_to_others() -> None:
    """Let those go first who answer: the event loop, and the other services of a machine that they share.

    Else a crowd that could be refused in no time waits for the networks.
    """
    if sys.platform == "linux":  # elsewhere the whole process would become nicer
        os.nice(_NICENESS)
