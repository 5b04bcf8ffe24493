"""The way of one image through the networks, and how many may be on it."""

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
from numpy.typing import NDArray

from vectorizer.alignment import SIZE, TEMPLATE, align, encode_crop, enlarges
from vectorizer.cores import usable_cores
from vectorizer.detection import Detections
from vectorizer.images import DecodedImage, Limits, decode
from vectorizer.metrics import Metrics
from vectorizer.models import Models, ModelSource
from vectorizer.problems import Busy, DeadlineExceeded, NotAligned
from vectorizer.quality import Quality, measure

_NICENESS = 10
"""Of the lanes beyond the process's own: they take a tenth of a core that others want whole, and all that is left."""


@dataclass(frozen=True, slots=True)
class Timings:
    """How long each stage of one image took, milliseconds."""

    milliseconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Note the time the block takes under `name`."""
        start = time.perf_counter()
        yield
        self.note(name, time.perf_counter() - start)

    def note(self, name: str, seconds: float) -> None:
        """Note a time that was taken elsewhere."""
        self.milliseconds[name] = round(seconds * 1000, 3)


@dataclass(frozen=True, slots=True)
class Faces:
    """All faces of one image, best score first, in its full pixels.

    embeddings: (n, dimension). crops: n JPEG files, if asked for. qualities: n, if they or the crops were asked for.
    """

    image: DecodedImage
    detections: Detections
    embeddings: NDArray[np.float32]
    crops: tuple[bytes, ...] | None
    qualities: tuple[Quality, ...] | None
    timings: Timings


@dataclass(frozen=True, slots=True)
class Job:
    """One image to work on. aligned: it is a face as this service crops them, in which nothing is to be detected.

    deadline: on `time.monotonic`'s clock, after which nobody waits for it any more.
    """

    data: bytes
    crops: bool = False
    quality: bool = False
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
                found = find_faces(models, self.limits, job.data, crops=job.crops, quality=job.quality, timings=timings)
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


def find_faces(
    models: Models,
    limits: Limits,
    data: bytes,
    *,
    crops: bool = False,
    quality: bool = False,
    timings: Timings | None = None,
) -> Faces:
    """Return the faces of the image file `data`, with their aligned crops or their quality alone if asked for.

    Raises the problems of `vectorizer.images.decode`.
    """
    timings = timings or Timings()
    with timings.stage("decode"):
        image = decode(data, limits)
    with timings.stage("detect"):
        seen = models.detector.detect(image.pixels)
    with timings.stage("align"):
        aligned = _align_all(image, seen.landmarks)
        encoded = tuple(map(encode_crop, aligned)) if crops else None
        qualities = tuple(map(measure, aligned)) if crops or quality else None
    with timings.stage("embed"):
        embeddings = models.embedder.embed(aligned)
    return Faces(image, seen.enlarged(image.reduction), embeddings, encoded, qualities, timings)


def embed_aligned(models: Models, limits: Limits, data: bytes, *, timings: Timings | None = None) -> Faces:
    """Return the one face of an image file that is an aligned face, (112, 112); its box is the whole image.

    Raises NotAligned, and the problems of `vectorizer.images.decode`.
    """
    timings = timings or Timings()
    with timings.stage("decode"):
        image = decode(data, limits)
        aligned = image.in_full()[None]
    if aligned.shape[1:3] != (SIZE, SIZE):
        raise NotAligned(image.width, image.height)
    with timings.stage("embed"):
        embeddings = models.embedder.embed(aligned)
    whole = np.array([[0, 0, SIZE, SIZE]], np.float32)
    return Faces(
        image,
        Detections(whole, np.ones(1, np.float32), TEMPLATE[None]),
        embeddings,
        (data,),
        (measure(aligned[0]),),
        timings,
    )


def _align_all(image: DecodedImage, landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return (n, 112, 112, 3) aligned faces; from the full image where the reduced one has too few pixels of a face."""
    pixels = image.pixels
    if image.reduction > 1:
        full = landmarks * image.reduction
        if any(enlarges(points) for points in landmarks):
            pixels, landmarks = image.in_full(), full
        else:
            # Warping counts from the middle of a pixel, which is not the middle of the pixels it was made of.
            landmarks = ((full + 0.5) / image.reduction - 0.5).astype(np.float32)
    aligned = [align(pixels, points) for points in landmarks]
    return np.stack(aligned) if aligned else np.empty((0, SIZE, SIZE, 3), np.uint8)
