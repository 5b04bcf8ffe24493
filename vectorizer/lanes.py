"""The threads that run images through the networks, and how many images may wait for them."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from queue import SimpleQueue
from typing import TypeVar

import numpy as np

from serving.digests import Digests
from serving.memory import trim
from serving.stages import Stages
from vectorizer.cores import usable_cores
from vectorizer.decoder.decoder import Decoder
from vectorizer.decoder.forking import Template
from vectorizer.decoder.setup import NICENESS, Setup
from vectorizer.decoder.shared_memory import bytes_needed
from vectorizer.decoding.budget import LargePictureError, Limits
from vectorizer.decoding.picture import DecodedImage
from vectorizer.large_pictures import LargePictures
from vectorizer.metrics import Metrics
from vectorizer.networks.alignment import SIZE
from vectorizer.networks.models import Models, ModelSource
from vectorizer.pipeline import AS_USUAL, Faces, Look, Want, embed_aligned, find_faces
from vectorizer.problems import Busy, DeadlineExceeded, ImageTooCostly
from vectorizer.sharing import SharedWork

_OVERDUE_SECONDS = 60.0
"""An image that takes a lane longer is overdue, however long its caller waits."""


_TRIM_SECONDS = 2.0
"""After a large picture, when its request is gone as well, memory is given back once more."""


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
    deadline: float = inf
    asked: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one image may take to decode: bytes of memory, and seconds of processor time."""

    memory_bytes: int = 700_000_000
    seconds: float = 2.0


@dataclass(slots=True)
class Lane:
    """What a thread works with. due: when the image it works on should be done; infinity while there is none."""

    models: Models
    decoder: Decoder
    due: float = inf


T = TypeVar("T")
Part = TypeVar("Part")

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
        allowance: Allowance | None = None,
        overdue_seconds: float = _OVERDUE_SECONDS,
        metrics: Metrics | None = None,
        on_image_done: OnImageDone | None = None,
    ) -> None:
        """lanes: None for one per usable core, or for two batches. waiting: slots beyond the lanes."""
        self.metrics = metrics or Metrics()
        self._overdue_seconds = overdue_seconds
        self._on_image_done = on_image_done
        self.source = source
        self.limits = limits
        engine = source.engine
        self.lanes = lanes or (2 * engine.batch if engine.shared else usable_cores())
        self.slots = self.lanes + waiting
        self.taken = 0
        """Slots that are taken."""
        self._threads = ThreadPoolExecutor(self.lanes, "lane", initializer=_lower_priority)
        self._too_costly = Digests()
        self._large_pictures = LargePictures(self.lanes)
        self._swollen = False
        allowance = allowance or Allowance()
        # It loads its libraries while the models are opened.
        self._template = Template(Setup(limits, allowance.memory_bytes, bytes_needed(limits)))
        with ExitStack() as undo:
            undo.callback(self._template.close)
            self._all = [
                Lane(models, Decoder(self._template, allowance.seconds, self.metrics.decoder_restarted))
                for models in source.open(self.lanes, self.metrics.batch_done)
            ]
            undo.pop_all()
        self._idle: SimpleQueue[Lane] = SimpleQueue()
        for lane in self._all:
            self._idle.put(lane)

    @property
    def busy(self) -> int:
        """How many lanes are working."""
        return self.lanes - self._idle.qsize()

    @property
    def overdue(self) -> int:
        """How many lanes work on an image that should be done by now."""
        now = time.monotonic()
        return sum(lane.due < now for lane in self._all)

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
        """Run `job` on a lane; see `find_faces`. The pixels are gone then."""
        return await self.run(job, _without_pixels)

    async def run(self, job: Job, then: Callable[[Faces], T]) -> T:
        """Run `job` on a lane, and `then` with its faces. If it is cancelled before a lane takes it, it never runs.

        Raises DeadlineExceeded when a lane is free too late.
        """

        def work(lane: Lane, stages: Stages) -> tuple[T, int]:
            found = self._analyse(lane, job, stages)
            return then(found), len(found.embeddings)

        return await self._run(job, work)

    async def decode(self, job: Job, then: Callable[[DecodedImage], T]) -> T:
        """Run `then` on a lane with the image of `job`, in which no face is looked for. Raises as `run` does."""

        def work(lane: Lane, stages: Stages) -> tuple[T, int]:
            with stages.measure("decode"):
                return then(lane.decoder.decode(job.data, job.deadline)), 0

        return await self._run(job, work)

    async def _run(self, job: Job, work: Callable[[Lane, Stages], tuple[T, int]]) -> T:
        try:
            return await self._turn(job, work, large=self.lanes == 1)
        except LargePictureError:
            async with self._large_pictures.turn(job.deadline):
                return await self._turn(job, work, large=True)

    async def _turn(self, job: Job, work: Callable[[Lane, Stages], tuple[T, int]], *, large: bool) -> T:
        """Run `work` on a lane. Raises LargePictureError unless the image may be `large`."""
        turn = self._threads.submit(self._work, job, work, large)
        try:
            stages, done = await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            if not turn.cancelled():  # its lane is still working, so it keeps its slot
                await asyncio.wait({asyncio.wrap_future(turn)})
            raise
        finally:
            if self._swollen:
                self._swollen = False
                asyncio.get_running_loop().call_later(_TRIM_SECONDS, self._trim)
        if self._on_image_done:
            self._on_image_done(job.asked, stages.own)
        return done

    def _trim(self) -> None:
        with suppress(RuntimeError):  # the threads are being shut down
            self._threads.submit(trim)

    def _work(self, job: Job, work: Callable[[Lane, Stages], tuple[T, int]], large: bool) -> tuple[Stages, T]:
        started = time.monotonic()
        if started > job.deadline:
            raise DeadlineExceeded
        if job.data in self._too_costly:
            raise ImageTooCostly
        with self._lane(job) as lane:
            lane.decoder.takes_large = large
            stages = Stages()
            stages.own["queue"] = 1000 * (started - job.asked)
            done, faces = work(lane, stages)
        self.metrics.image_done(stages.own, faces)
        return stages, done

    @contextmanager
    def _lane(self, job: Job) -> Iterator[Lane]:
        """Take a lane for `job`. There are as many lanes as threads, so one is always available."""
        lane = self._idle.get()
        lane.due = min(job.deadline, time.monotonic() + self._overdue_seconds)
        try:
            yield lane
        except ImageTooCostly:
            self._too_costly.add(job.data)
            raise
        finally:
            if lane.decoder.release():
                self._swollen = True
                trim()
            lane.due = inf
            self._idle.put(lane)

    def _analyse(self, lane: Lane, job: Job, stages: Stages) -> Faces:
        decode = partial(lane.decoder.decode, deadline=job.deadline)
        if job.aligned:
            return embed_aligned(lane.models, decode, job.data, score=job.score, stages=stages)
        return find_faces(
            lane.models,
            decode,
            job.data,
            job.wants,
            job.look,
            max_faces=self.limits.max_faces,
            deadline=job.deadline,
            stages=stages,
            # Networks that batch are shared already.
            share=None if self.source.engine.shared else partial(self._share, lane),
        )

    def _share(self, lane: Lane, work: Callable[[Models, Part], T], parts: Sequence[Part]) -> list[T]:
        """Do work in parts, on `lane` and on lanes that are idle; see `vectorizer.sharing.Share`."""
        shared = SharedWork(work, parts)
        for _ in range(min(self.lanes, len(parts)) - 1):
            self._offer(shared)
        return shared.results(lane.models)

    def _offer(self, shared: SharedWork[Models, Part, T]) -> None:
        """Let a thread help once it has nothing else to do: images that wait come first."""
        with suppress(RuntimeError):  # the threads are being shut down
            self._threads.submit(self._help, shared)

    def _help(self, shared: SharedWork[Models, Part, T]) -> None:
        """Do one part, and offer to do another when the images that came in the meantime had their turn."""
        if not shared.waiting:
            return
        lane = self._idle.get()
        try:
            shared.do_next(lane.models)
        finally:
            self._idle.put(lane)
        self._offer(shared)

    async def warm_up(self) -> None:
        """Run each lane's networks once, so that the first image is as fast as the next."""
        await asyncio.to_thread(self._warm_up)

    def _warm_up(self) -> None:
        blank = np.zeros((1, SIZE, SIZE, 3), np.uint8)
        for _ in range(self.lanes):
            lane = self._idle.get()
            lane.models.detector.detect(blank[0])
            lane.models.embedder.embed(blank)
            self._idle.put(lane)

    def close(self) -> None:
        """Finish the images being worked on and drop the waiting ones."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for lane in self._all:
            lane.decoder.close()
        self._template.close()


def _without_pixels(faces: Faces) -> Faces:
    """Return the faces without the pixels, which are the decoder's and soon those of another image."""
    none = np.empty((0, 0, 3), np.uint8)
    return replace(faces, image=replace(faces.image, pixels=none, in_full=lambda: none))


def _lower_priority() -> None:
    """Let the event loop, and other services on the same machine, run first.

    Otherwise requests that could be refused at once would wait for the networks.
    """
    if sys.platform == "linux":  # elsewhere the whole process would become nicer
        os.nice(NICENESS)
