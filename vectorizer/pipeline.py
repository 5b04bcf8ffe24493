"""The way of one image through the networks, and how many may be on it."""

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vectorizer.alignment import SIZE, align, encode_crop
from vectorizer.detection import Detections
from vectorizer.images import DecodedImage, Limits, decode
from vectorizer.models import Models
from vectorizer.problems import Busy


@dataclass(frozen=True, slots=True)
class Timings:
    """How long each stage of one image took, milliseconds."""

    milliseconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Note the time the block takes under `name`."""
        start = time.perf_counter()
        yield
        self.milliseconds[name] = round((time.perf_counter() - start) * 1000, 3)


@dataclass(frozen=True, slots=True)
class Faces:
    """All faces of one image, best score first. embeddings: (n, dimension). crops: n JPEG files, if asked for."""

    image: DecodedImage
    detections: Detections
    embeddings: NDArray[np.float32]
    crops: tuple[bytes, ...] | None
    timings: Timings


class Lanes:
    """Threads that each take one image at a time through all stages.

    One lane a core, each running single-threaded networks, serves more images a second on a CPU than a network spread
    over all cores. At most `places` images are waiting or in work; one more is refused at once.
    """

    def __init__(self, models: Models, limits: Limits, *, lanes: int | None = None, waiting: int) -> None:
        """lanes: None for one a usable core. waiting: places beyond the lanes."""
        self.models = models
        self.limits = limits
        self.lanes = lanes or len(os.sched_getaffinity(0))
        self.places = self.lanes + waiting
        self._taken = 0
        self._threads = ThreadPoolExecutor(self.lanes, "lane")

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places for the block. Raises Busy when all are taken."""
        if self._taken >= self.places:
            raise Busy
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def faces(self, data: bytes, *, crops: bool = False) -> Faces:
        """Decode, detect, align and embed on a lane; see `find_faces`."""
        loop = asyncio.get_running_loop()
        work = partial(find_faces, self.models, self.limits, data, crops=crops)
        return await loop.run_in_executor(self._threads, work)

    async def warm_up(self) -> None:
        """Run both networks once, so that the first image is as fast as the next."""
        blank = np.zeros((1, SIZE, SIZE, 3), np.uint8)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self.models.detector.detect, blank[0])
        await loop.run_in_executor(self._threads, self.models.embedder.embed, blank)

    def close(self) -> None:
        """Finish the images in work and drop the waiting ones."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def find_faces(models: Models, limits: Limits, data: bytes, *, crops: bool) -> Faces:
    """Return the faces of the image file `data`, with their aligned crops if asked for.

    Raises the problems of `vectorizer.images.decode`.
    """
    timings = Timings()
    with timings.stage("decode"):
        image = decode(data, limits)
    with timings.stage("detect"):
        detections = models.detector.detect(image.pixels)
    with timings.stage("align"):
        aligned = [align(image.pixels, landmarks) for landmarks in detections.landmarks]
        encoded = tuple(map(encode_crop, aligned)) if crops else None
    with timings.stage("embed"):
        embeddings = models.embedder.embed(np.stack(aligned) if aligned else np.empty((0, SIZE, SIZE, 3), np.uint8))
    return Faces(image, detections, embeddings, encoded, timings)
