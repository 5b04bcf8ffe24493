"""Lanes that meet costly pictures, or hang."""

import asyncio
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from starlette.types import Receive, Scope, Send

from serving.pace import Pace
from tests import photographs
from tests.waiting import PATIENCE_SECONDS, until
from vectorizer.app import create_app
from vectorizer.decoding.budget import Limits
from vectorizer.lanes import Allowance, Job, Lanes
from vectorizer.networks.models import Engine, Models, ModelSource
from vectorizer.pipeline import Faces, Want
from vectorizer.problems import DeadlineExceeded, ImageTooCostly

LIMITS = Limits(max_bytes=32_000_000, max_pixels=67_000_000)


def opened(cache: Path, limits: Limits = LIMITS, **options: Any) -> Lanes:
    source = ModelSource.find("opencv", cache, Engine(runtime="onnxruntime"))
    return Lanes(source, limits, waiting=1, **options)


@pytest.fixture
def lanes(model_cache: Path) -> Iterator[Lanes]:
    """One lane, whose decoder has little time."""
    lanes = opened(model_cache, lanes=1, allowance=Allowance(seconds=0.05))
    yield lanes
    lanes.close()


@pytest.fixture(scope="module")
def photo(group: Image.Image) -> bytes:
    return encoded(group, "JPEG")


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A PNG of some kilobytes with 64 million pixels."""
    return encoded(Image.new("L", (8000, 8000)), "PNG")


def encoded(image: Image.Image, image_format: str) -> bytes:
    file = BytesIO()
    image.save(file, image_format)
    return file.getvalue()


def restarts(lanes: Lanes) -> float | None:
    return lanes.metrics.registry.get_sample_value("faceserver_vectorizer_decoder_restarts_total", {"reason": "time"})


async def test_a_costly_picture_costs_one_decoder_once(lanes: Lanes, photo: bytes, bomb: bytes):
    for _ in range(3):
        with pytest.raises(ImageTooCostly):
            await lanes.faces(Job(bomb))

    assert restarts(lanes) == 1
    found = await lanes.faces(Job(photo, frozenset({Want.CROPS})))
    assert len(found.embeddings) == 6
    with pytest.raises(ImageTooCostly):
        await lanes.faces(Job(bomb, aligned=True))
    assert restarts(lanes) == 1


async def test_the_pixels_are_there_until_the_lane_is_done(lanes: Lanes, photo: bytes):
    shape = await lanes.run(Job(photo), lambda faces: faces.image.in_full().shape)

    assert shape == (886, 1280, 3)
    assert (await lanes.faces(Job(photo))).image.pixels.size == 0


async def test_a_crowd_on_two_lanes_is_that_on_one(model_cache: Path, group: Image.Image):
    twelve = encoded(photographs.beside(group, group), "PNG")
    found = []
    for number in (1, 2):
        lanes = opened(model_cache, lanes=number)
        found.append(await lanes.faces(Job(twelve)))
        lanes.close()

    one, two = found
    assert len(one.embeddings) == 12
    assert np.array_equal(one.detections.boxes, two.detections.boxes)
    assert np.array_equal(one.embeddings, two.embeddings)
    assert one.recognizabilities is not None
    assert two.recognizabilities is not None
    assert np.array_equal(one.recognizabilities, two.recognizabilities)


@pytest.mark.timing
async def test_idle_lanes_help_with_a_crowd_and_images_that_wait_come_first(model_cache: Path, photo: bytes):
    lanes = opened(model_cache, lanes=2)
    begun = [threading.Event() for _ in range(4)]
    may_end = [threading.Event() for _ in range(4)]
    order: list[object] = []

    def work(_: Models, part: int) -> int:
        order.append(part)
        begun[part].set()
        may_end[part].wait(PATIENCE_SECONDS)
        return part

    def crowd(_: Faces) -> list[int]:
        return lanes._share(lanes._all[0], work, range(4))

    try:
        shared = asyncio.create_task(lanes.run(Job(photo), crowd))
        await until(lambda: begun[0].is_set() and begun[1].is_set())
        waiting = asyncio.create_task(lanes.run(Job(photo), lambda _: order.append("image")))
        await until(lambda: lanes._threads._work_queue.qsize() == 1)
        may_end[1].set()
        await waiting
        for event in may_end:
            event.set()
        assert await shared == [0, 1, 2, 3]
    finally:
        for event in may_end:
            event.set()
        lanes.close()
    assert sorted(order[:2], key=str) == [0, 1]
    assert order[2] == "image"


@pytest.mark.timing
async def test_large_pictures_leave_a_lane_for_others(model_cache: Path, group: Image.Image, photo: bytes):
    small = encoded(group.resize((640, 443)), "JPEG")
    lanes = opened(model_cache, Limits(32_000_000, group.width * group.height), lanes=3)
    go_on = threading.Event()
    held: list[Faces] = []

    def hold(faces: Faces) -> int:
        held.append(faces)
        go_on.wait()
        return len(faces.embeddings)

    large = [asyncio.create_task(lanes.run(Job(photo), hold)) for _ in range(5)]
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(lambda: len(held) == 2)
            for _ in range(3):
                assert len((await lanes.faces(Job(small))).embeddings) == 6
            assert await lanes.decode(Job(small), lambda image: image.width) == 640
            assert len(held) == 2
            with pytest.raises(DeadlineExceeded):
                await lanes.faces(Job(photo, deadline=time.monotonic() + 1))

            large.pop().cancel()
            go_on.set()
            assert await asyncio.gather(*large) == [6] * 4
            assert len((await lanes.faces(Job(photo))).embeddings) == 6
    finally:
        go_on.set()
        lanes.close()


@pytest.mark.timing
async def test_it_is_not_ready_while_every_lane_is_past_its_deadline(model_cache: Path, photo: bytes):
    lanes = opened(model_cache, lanes=2, overdue_seconds=0)
    app = create_app(lanes, Pace(1, 60))
    go_on = threading.Event()
    held: list[Faces] = []

    def hang(faces: Faces) -> None:
        held.append(faces)
        go_on.wait()

    async def ready() -> httpx.Response:
        return await client.get("/health/ready")

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"lanes": lanes}}, receive, send)

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(serve), base_url="http://vectorizer") as client,
    ):
        assert (await ready()).status_code == 200
        first = asyncio.create_task(lanes.run(Job(photo), hang))
        await until(lambda: len(held) == 1)
        assert lanes.overdue == 1
        assert (await ready()).status_code == 200

        second = asyncio.create_task(lanes.run(Job(photo), hang))
        await until(lambda: len(held) == 2)
        answer = await ready()
        assert (answer.status_code, answer.json()["code"]) == (503, "not-ready")

        go_on.set()
        await asyncio.gather(first, second)
        assert lanes.overdue == 0
        assert (await ready()).status_code == 200
