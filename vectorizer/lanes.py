"""The threads that run images through the networks, and how many images may wait for them."""

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

from serving.stages import Stages
from vectorizer.cores import usable_cores
from vectorizer.images import Limits
from vectorizer.metrics import Metrics
from vectorizer.networks.alignment import SIZE
from vectorizer.networks.models import Models, ModelSource
from vectorizer.pipeline import AS_USUAL, Faces, Look, Want, embed_aligned, find_faces
from vectorizer.problems import Busy, DeadlineExceeded

_NICENESS = 10
"""Added to the process's own for the lanes: they get a tenth of a core that other threads use, and all idle time."""


@dataclass(frozen=True, slots=True)
class Job:
    """One image to analyse. aligned: it is an aligned face as this service crops it, so detection is skipped.

    score: that of an aligned face when it was detected.

    deadline, asked: on `time.monotonic`'s clock; when the caller gives up, and when the request came.
    """

    data: bytes
    wants: frozenset[Want] = frozenset()
    look: Look = AS_USUAL
    aligned: bool = False
    score: float = 1
    deadline: float = float("inf")
    asked: float = field(default_factory=time.monotonic)


OnImageDone = Callable[[float, Mapping[str, float]], None]
"""Gets when an image came, on `time.monotonic`'s clock, and its stages since then, milliseconds."""


class Lanes:
    """Threads that each run one image at a time through all stages, with their own networks.

    On a CPU, one lane per core with single-threaded networks serves more images per second than one network spread
    over all cores. At most `slots` images wait or are worked on; one more is refused at once.
    """

    def __init__(
        self,
        source: ModelSource,
        limits: Limits,
        *,
        lanes: int | None = None,
        waiting: int,
        metrics: Metrics | None = None,
        on_image_done: OnImageDone | None = None,
    ) -> None:
        """lanes: None for one per usable core, or for two batches. waiting: slots beyond the lanes."""
        self.metrics = metrics or Metrics()
        self._on_image_done = on_image_done
        self.source = source
        self.limits = limits
        engine = source.engine
        self.lanes = lanes or (2 * engine.batch if engine.shared else usable_cores())
        self.slots = self.lanes + waiting
        self.taken = 0
        """Slots that are taken."""
        self._threads = ThreadPoolExecutor(self.lanes, "lane", initializer=_lower_priority)
        self._idle: SimpleQueue[Models] = SimpleQueue()
        for models in source.open(self.lanes, self.metrics.batch_done):
            self._idle.put(models)

    @property
    def busy(self) -> int:
        """How many lanes are working."""
        return self.lanes - self._idle.qsize()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot during the block. Raises Busy when all are taken."""
        if self.taken >= self.slots:
            raise Busy
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    async def faces(self, job: Job) -> Faces:
        """Run `job` on a lane; see `find_faces`. If it is cancelled before a lane takes it, it never runs.

        Raises DeadlineExceeded when a lane is free too late.
        """
        turn = self._threads.submit(self._work, job)
        try:
            found = await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            if not turn.cancelled():  # its lane is still working, so it keeps its slot
                await asyncio.wait({asyncio.wrap_future(turn)})
            raise
        if self._on_image_done:
            self._on_image_done(job.asked, found.stages.own)
        return found

    def _work(self, job: Job) -> Faces:
        started = time.monotonic()
        if started > job.deadline:
            raise DeadlineExceeded
        # There are as many models as threads, so one is always available.
        models = self._idle.get()
        try:
            stages = Stages()
            stages.own["queue"] = 1000 * (started - job.asked)
            if job.aligned:
                found = embed_aligned(models, self.limits, job.data, score=job.score, stages=stages)
            else:
                found = find_faces(
                    models, self.limits, job.data, job.wants, job.look, stages=stages, deadline=job.deadline
                )
            self.metrics.image_done(stages.own, len(found.embeddings))
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
        """Finish the images being worked on and drop the waiting ones."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def _lower_priority() -> None:
    """Let the event loop, and other services on the same machine, run first.

    Otherwise requests that could be refused at once would wait for the networks.
    """
    if sys.platform == "linux":  # elsewhere the whole process would become nicer
        os.nice(_NICENESS)
