"""Several vectorizers behind raw sockets that refuse, hang, cut and recover."""

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import msgpack
import numpy as np
import pytest

from apiserver.problems import (
    ImageTooCostly,
    ImageUnreadable,
    VectorizerBusy,
    VectorizerFailed,
    VectorizerTimeout,
    VectorizerUnavailable,
)
from apiserver.settings.endpoints import Endpoint
from apiserver.vectorizers.client import VectorizerClient, open_vectorizer
from apiserver.vectorizers.discovery import look_up, probe_forever
from apiserver.vectorizers.replicas import Replicas
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, until

pytestmark = pytest.mark.timing

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

FOUND = msgpack.packb(
    {
        "model": {
            "id": "model",
            "dimension": 1,
            "calibration": {"slope": 1.0, "intercept": 0.0},
            "thresholds": {"match": 0.5, "review": 0.4},
        },
        "image": {"media_type": "image/png", "extension": "png", "width": 1, "height": 1},
        "timings": {},
        "faces": [{"box": [0, 0, 1, 1], "score": 1.0, "embedding": np.ones(1, "<f4").tobytes()}],
    }
)


def answer(status: str, body: bytes, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]).encode() + body


OK = answer("200 OK", FOUND)
BUSY = answer("503 Busy", b'{"code": "busy"}')
NOT_READY = answer("503 Not Ready", b'{"code": "not-ready"}')
BROKEN = answer("500 Oops", b'{"code": "internal-error"}')
UNREADABLE = answer("422 No", b'{"code": "image-unreadable"}')
TOO_COSTLY = answer("422 No", b'{"code": "image-too-costly"}')
TOO_LATE = answer("504 Late", b'{"code": "deadline-exceeded"}')
CUT = OK[:-10]
SILENCE = b""


class Vectorizer:
    """A server of raw bytes: what it says to an image and to the question how it is."""

    def __init__(self, says: bytes | None = OK) -> None:
        self.says = says
        self.health: bytes | None = OK
        self.images = 0
        self.asked = 0
        """How often the question was how it is."""
        self.deadlines_ms: list[int] = []
        self.hung_up = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.endpoint = Endpoint("127.0.0.1", free_port())

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.endpoint.host, self.endpoint.port)

    async def stop(self) -> None:
        """Refuse connections and cut those there are."""
        if self._server:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).lower():
                says = await self._take(head, reader)
                if says is None:  # hang
                    await reader.read()
                    self.hung_up.set()
                    return
                writer.write(says)
                if says in {SILENCE, CUT}:
                    return
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _take(self, head: bytes, reader: asyncio.StreamReader) -> bytes | None:
        if head.startswith(b"get /health/ready"):
            self.asked += 1
            return self.health
        length = re.search(rb"content-length: (\d+)", head)
        assert length
        await reader.readexactly(int(length[1]))
        self.images += 1
        deadline = re.search(rb"x-deadline-ms: (\d+)\r\n", head)
        assert deadline
        self.deadlines_ms.append(int(deadline[1]))
        return self.says


@asynccontextmanager
async def client_of(
    *vectorizers: Vectorizer, seconds: float = 120, slots: int = 100, ready_seconds: float = 2
) -> AsyncIterator[VectorizerClient]:
    """Yield a client of the vectorizers, which are running."""
    replicas = Replicas(slots)
    await look_up(replicas, {vectorizer.endpoint: [] for vectorizer in vectorizers})
    async with AsyncExitStack() as stack:
        for vectorizer in vectorizers:
            await vectorizer.start()
            stack.push_async_callback(vectorizer.stop)
        client = await stack.enter_async_context(
            open_vectorizer(replicas, timeout_seconds=seconds, ready_timeout_seconds=ready_seconds)
        )
        watch = asyncio.create_task(probe_forever(replicas, client))
        stack.callback(watch.cancel)
        yield client


async def analyse(client: VectorizerClient, times: int = 1) -> None:
    for _ in range(times):
        assert len((await client.analyse(b"image")).faces) == 1


async def test_images_are_shared_out():
    vectorizers = Vectorizer(), Vectorizer(), Vectorizer()
    async with client_of(*vectorizers) as client:
        await analyse(client, 60)
    assert all(vectorizer.images > 5 for vectorizer in vectorizers)
    assert sum(vectorizer.images for vectorizer in vectorizers) == 60


@pytest.mark.parametrize("says", [BUSY, NOT_READY, BROKEN, CUT, SILENCE, b"220 mail.example.org ESMTP\r\n", TOO_LATE])
async def test_another_one_answers_in_its_place(says: bytes):
    bad, good = Vectorizer(says), Vectorizer()
    async with client_of(bad, good) as client:
        await analyse(client, 20)
    assert good.images == 20
    assert bad.images >= 1


async def test_one_that_refuses_connections_is_not_noticed():
    bad, good = Vectorizer(), Vectorizer()
    async with client_of(bad, good) as client:
        await bad.stop()
        await analyse(client, 20)
    assert (bad.images, good.images) == (0, 20)


async def test_one_that_hangs_is_given_up_in_time_for_another(caplog):
    bad, good = Vectorizer(None), Vectorizer()
    bad.health = NOT_READY
    async with client_of(bad, good, seconds=4) as client:
        await analyse(client, 20)
    assert bad.images == 1, "it was set aside"
    assert f"{bad.endpoint.url} is set aside: TimeoutError" in caplog.text
    assert bad.deadlines_ms[0] <= 2000
    assert all(left <= 4000 for left in good.deadlines_ms)


async def test_one_that_is_only_slow_is_not_set_aside(caplog):
    """It answers others meanwhile, and less of it would make all the others slow."""
    slow = Vectorizer(None)
    async with client_of(slow, seconds=3) as client:
        waiting = asyncio.create_task(client.analyse(b"image"))
        await until(lambda: slow.images == 1)
        slow.says = OK
        await analyse(client)
        with pytest.raises(VectorizerTimeout):
            await waiting
    assert "set aside" not in caplog.text


async def test_the_second_one_has_what_is_left_of_the_time():
    vectorizers = Vectorizer(None), Vectorizer(None)
    async with client_of(*vectorizers, seconds=0.6) as client:
        start = asyncio.get_running_loop().time()
        with pytest.raises(VectorizerTimeout):
            await client.analyse(b"image")
        assert asyncio.get_running_loop().time() - start > 0.55
    assert all(vectorizer.deadlines_ms[0] <= 300 for vectorizer in vectorizers)


async def test_an_only_one_has_all_of_the_time():
    vectorizer = Vectorizer(None)
    async with client_of(vectorizer, seconds=3600) as client:
        call = asyncio.create_task(client.analyse(b"image"))
        await until(lambda: vectorizer.images == 1)
        call.cancel()
    assert 1_800_000 < vectorizer.deadlines_ms[0] <= 3_600_000, "more than half of it"


async def test_what_a_client_did_wrong_is_not_tried_again():
    vectorizers = Vectorizer(UNREADABLE), Vectorizer(UNREADABLE)
    async with client_of(*vectorizers) as client:
        with pytest.raises(ImageUnreadable):
            await client.analyse(b"image")
    assert sum(vectorizer.images for vectorizer in vectorizers) == 1


async def test_an_image_that_no_vectorizer_bears_sets_none_aside(caplog):
    vectorizers = Vectorizer(BROKEN), Vectorizer(BROKEN)
    async with client_of(*vectorizers) as client:
        with pytest.raises(VectorizerFailed):
            await client.analyse(b"image")
    assert [vectorizer.images for vectorizer in vectorizers] == [1, 1]
    assert "set aside" not in caplog.text


async def test_when_both_are_down_it_is_said():
    vectorizers = Vectorizer(), Vectorizer()
    async with client_of(*vectorizers) as client:
        for vectorizer in vectorizers:
            await vectorizer.stop()
        with pytest.raises(VectorizerUnavailable):
            await client.analyse(b"image")


async def test_when_both_are_full_it_is_said():
    vectorizers = Vectorizer(BUSY), Vectorizer(BUSY)
    async with client_of(*vectorizers) as client:
        with pytest.raises(VectorizerBusy):
            await client.analyse(b"image")
        assert [vectorizer.images for vectorizer in vectorizers] == [1, 1]
        client.check_room()  # one at a time may ask


async def test_no_more_than_the_slots_are_taken():
    vectorizer = Vectorizer(None)
    async with client_of(vectorizer, slots=3) as client:
        waiting = [asyncio.create_task(client.analyse(b"image")) for _ in range(3)]
        await until(lambda: vectorizer.images == 3)
        with pytest.raises(VectorizerBusy):
            await client.analyse(b"image")
        for task in waiting:
            task.cancel()
        await until(vectorizer.hung_up.is_set)
        client.check_room()


async def test_a_full_vectorizer_is_a_ready_one():
    vectorizer = Vectorizer(None)
    async with client_of(vectorizer, slots=1) as client:
        waiting = asyncio.create_task(client.analyse(b"image"))
        await until(lambda: vectorizer.images == 1)
        with pytest.raises(VectorizerBusy):
            client.check_room()
        await client.check_ready()
        waiting.cancel()


async def test_one_that_is_ready_is_enough(caplog):
    vectorizers = Vectorizer(), Vectorizer(), Vectorizer(), Vectorizer()
    async with client_of(*vectorizers, ready_seconds=3600) as client:
        for vectorizer, health in zip(vectorizers, (None, NOT_READY, SILENCE), strict=False):
            vectorizer.health = health
        async with asyncio.timeout(PATIENCE_SECONDS):
            await client.check_ready()
    vectorizers[3].health = NOT_READY
    async with client_of(*vectorizers) as client:
        with pytest.raises((VectorizerUnavailable, VectorizerTimeout)):
            await client.check_ready()
    assert "set aside" not in caplog.text


async def test_a_cancelled_call_hangs_up():
    vectorizer = Vectorizer(None)
    async with client_of(vectorizer) as client:
        call = asyncio.create_task(client.analyse(b"image"))
        await until(lambda: vectorizer.images == 1)
        call.cancel()
        await asyncio.wait_for(vectorizer.hung_up.wait(), PATIENCE_SECONDS)


async def test_a_client_that_hangs_up_frees_its_place(serve, settings, caplog, ann):
    vectorizer = Vectorizer(None)
    caplog.set_level(logging.INFO)
    async with client_of(vectorizer):
        gateway = await serve(settings.model_copy(update={"vectorizer_urls": vectorizer.endpoint.url}))
        call = asyncio.create_task(gateway.post("/learn", data={"person": "ann"}, files={"file": ann}))
        await until(lambda: vectorizer.images == 1)
        call.cancel()
        await asyncio.wait_for(vectorizer.hung_up.wait(), PATIENCE_SECONDS)
        await until(lambda: "POST /learn 499" in caplog.text)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_an_idle_connection_that_was_closed_is_made_anew():
    """As when the vectorizer restarts between two images."""
    vectorizer = Vectorizer()
    async with client_of(vectorizer) as client:
        for _ in range(5):
            await analyse(client)
            await vectorizer.stop()
            await vectorizer.start()
        await analyse(client)


async def test_an_only_one_that_cuts_a_connection_gets_a_second_chance():
    vectorizer = Vectorizer(SILENCE)
    async with client_of(vectorizer) as client:
        with pytest.raises(VectorizerUnavailable):
            await client.analyse(b"image")
    assert vectorizer.images == 2


async def test_who_was_set_aside_comes_back_when_it_is_well():
    ill, well = Vectorizer(), Vectorizer()
    async with client_of(ill, well) as client:
        await ill.stop()
        await analyse(client, 20)
        assert ill.images == 0
        await ill.start()

        async def works() -> bool:
            await analyse(client)
            return ill.images >= 1

        await until(works)


async def test_one_that_hangs_does_not_keep_another_from_coming_back(caplog):
    caplog.set_level(logging.INFO)
    hanging, ill = Vectorizer(SILENCE), Vectorizer(SILENCE)
    hanging.health, ill.health = None, NOT_READY
    async with client_of(hanging, ill, ready_seconds=3600) as client:
        with pytest.raises(VectorizerUnavailable):
            await client.analyse(b"image")
        await until(lambda: hanging.asked >= 1 and ill.asked >= 1)
        ill.says = ill.health = OK
        await until(lambda: f"{ill.endpoint.url} is ready again" in caplog.text)
    assert hanging.asked == 1, "it was never given up"


async def test_who_does_not_feel_well_does_not_come_back():
    ill, well = Vectorizer(SILENCE), Vectorizer()
    ill.health = NOT_READY
    async with client_of(ill, well) as client:
        await analyse(client, 20)
        images = ill.images
        await until(lambda: ill.asked >= 2)
        await analyse(client, 20)
    assert ill.images == images


async def test_retries_have_a_budget():
    vectorizers = Vectorizer(SILENCE), Vectorizer(SILENCE)
    async with client_of(*vectorizers) as client:
        for _ in range(300):
            with pytest.raises(VectorizerUnavailable):
                await client.analyse(b"image")
    assert 300 + 100 <= sum(vectorizer.images for vectorizer in vectorizers) <= 300 + 100 + 60


async def test_a_large_image_goes_out_whole():
    vectorizer = Vectorizer()
    async with client_of(vectorizer) as client:
        await client.analyse(bytes(5_000_000))
    assert vectorizer.images == 1


async def test_a_name_is_as_many_replicas_as_it_has_addresses():
    replicas = Replicas(1)
    await look_up(replicas, {Endpoint("localhost", 8081): []})
    addresses = {address[0] for *_, address in socket.getaddrinfo("localhost", 8081, type=socket.SOCK_STREAM)}
    assert len(replicas.known) == len(addresses) >= 1


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b"])
async def test_while_a_name_has_no_address_its_old_ones_and_all_others_serve(caplog, host):
    replicas = Replicas(1)
    known = {Endpoint(host, 8081): ["http://127.0.0.7:8081"], Endpoint("127.0.0.1", 8081): []}
    await look_up(replicas, known)
    assert {url for urls in known.values() for url in urls} == {"http://127.0.0.7:8081", "http://127.0.0.1:8081"}
    assert len(replicas.known) == 2
    assert f"The host name {host} could not be resolved" in caplog.text


async def test_an_image_that_was_too_costly_is_sent_to_nobody_again():
    vectorizers = [Vectorizer(TOO_COSTLY), Vectorizer(TOO_COSTLY)]
    async with client_of(*vectorizers) as client:
        for _ in range(3):
            with pytest.raises(ImageTooCostly):
                await client.analyse(b"image")
        with pytest.raises(ImageTooCostly):
            await client.embed_crop(b"image")
        assert sum(vectorizer.images for vectorizer in vectorizers) == 1

        for vectorizer in vectorizers:
            vectorizer.says = OK
        assert len((await client.analyse(b"imagf")).faces) == 1
