"""The load generator, with a real socket."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import islice, repeat

import pytest

from bench.harness.connections import NoAnswer, read_answer
from bench.harness.load import Client, closed_loop, open_loop, schedule
from bench.harness.uploads import Upload
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.timing

UPLOAD = Upload("/recognize", b"an image")
OK = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
FULL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nRetry-After: 1\r\nConnection: close\r\n\r\n{}"


class Server:
    """Answers each request at `url` with the next of `answers`, in pieces, once `together` requests have arrived."""

    def __init__(self, answers: Iterable[bytes], together: int) -> None:
        self._answers, self._together = iter(answers), asyncio.Barrier(together)
        self.connections = self.requests = self.working = self.most_at_once = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while answer := await self._answer(reader):
                for piece in (answer[:20], answer[20:]):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]))
        self.requests += 1
        self.working += 1
        self.most_at_once = max(self.most_at_once, self.working)
        await self._together.wait()
        self.working -= 1
        return next(self._answers)


@asynccontextmanager
async def serving(answers: Iterable[bytes], together: int = 1) -> AsyncIterator[tuple[Server, Client]]:
    server = Server(answers, together)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    client = Client(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    try:
        yield server, client
    finally:
        client.close()
        listener.close()
        await asyncio.sleep(0.01)


async def test_requests_one_after_the_other_share_a_connection():
    async with serving(repeat(OK)) as (server, client):
        await closed_loop(client, repeat(UPLOAD, 5), 1, 3600)
    assert (server.requests, server.connections) == (5, 1)
    assert [outcome.status for outcome in client.outcomes] == [201] * 5


async def test_a_connection_closed_by_the_server_is_not_reused():
    async with serving([FULL, OK, OK]) as (server, client):
        await closed_loop(client, repeat(UPLOAD, 3), 1, 3600)
    assert [(outcome.status, outcome.retry_after) for outcome in client.outcomes] == [
        (503, True),
        (201, False),
        (201, False),
    ]
    assert server.connections == 2


async def test_a_closed_loop_has_one_request_in_progress_per_client():
    async with serving(repeat(OK), together=4) as (server, client), asyncio.timeout(PATIENCE_SECONDS):
        await closed_loop(client, repeat(UPLOAD, 20), 4, 3600)
    assert (server.requests, server.most_at_once) == (20, 4)


async def test_a_closed_loop_ends_with_its_time():
    async with serving(repeat(OK)) as (server, client), asyncio.timeout(PATIENCE_SECONDS):
        start = time.perf_counter()
        await closed_loop(client, repeat(UPLOAD), 2, 0.1)
        assert time.perf_counter() - start >= 0.1
    assert server.requests == len(client.outcomes)


async def test_an_open_loop_does_not_wait_for_answers():
    async with serving(repeat(OK), together=10) as (server, client), asyncio.timeout(PATIENCE_SECONDS):
        await open_loop(client, repeat(UPLOAD), rate=100, seconds=0.1)
    assert (server.requests, server.most_at_once) == (10, 10)


async def test_a_latency_counts_from_when_the_request_was_due():
    async with serving(repeat(OK)) as (_, client):
        outcome = await client.send(UPLOAD, due=time.perf_counter() - 1)
    assert outcome.latency_ms > 1000
    assert outcome.latency_ms >= 1000 * (1 + outcome.finished - outcome.sent) - 0.001


async def test_a_broken_connection_is_an_outcome():
    async with serving([b""]) as (_, client):
        outcome = await client.send(UPLOAD)
    assert (outcome.status, outcome.code) == (0, "connection-closed")


async def test_a_refused_connection_is_an_outcome():
    async with serving([]) as (_, client):
        pass
    outcome = await client.send(UPLOAD)
    assert (outcome.status, outcome.code) == (0, "connection-refused")


def test_a_schedule_is_even_whatever_the_rate():
    assert list(schedule(10.0, rate=4, seconds=1)) == [10.0, 10.25, 10.5, 10.75]
    assert len(list(schedule(0.0, rate=0.5, seconds=10))) == 5
    assert list(islice(schedule(0.0, 1000, 60), 59_999, None)) == [59.999]


def test_an_answer_is_read_when_it_is_complete():
    whole = b"HTTP/1.1 201 Created\r\ncontent-length: 4\r\nX: Y\r\n\r\nbody"
    assert not [length for length in range(len(whole)) if read_answer(whole[:length])]
    answer = read_answer(whole)
    assert answer
    assert (answer.status, answer.body, answer.header(b"x"), answer.header(b"z")) == (201, b"body", "y", None)


def test_an_answer_of_unknown_length_is_refused():
    with pytest.raises(NoAnswer, match="answer-without-length"):
        read_answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
