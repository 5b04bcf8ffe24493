"""Connections to a vectorizer that answers in unusual ways, as proxies and dying processes do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress

import pytest

from apiserver.vectorizers.connections import Answer, Connections, Cut, Malformed
from tests.waiting import until

pytestmark = pytest.mark.timing

REQUEST = b"POST /faces HTTP/1.1\r\nHost: there\r\nContent-Length: 5\r\n\r\n", b"photo"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer:
    """Answers what it reads with the next of its answers, and closes the connection then if it `closes`."""

    def __init__(self, *answers: bytes, closes: bool = False, reads_on: bool = True) -> None:
        self.answers = list(answers)
        self.closes = closes
        self.reads_on = reads_on
        self.ended = asyncio.Event()
        self.opened = self.serving = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened, self.serving = self.opened + 1, self.serving + 1
        with suppress(OSError), closing(writer):
            while self.answers and await reader.read(65_536):
                writer.write(self.answers.pop(0))
                if not self.reads_on:
                    await self.ended.wait()
                if self.closes:
                    break
        self.serving -= 1


@asynccontextmanager
async def connected(peer: Peer) -> AsyncIterator[tuple[Connections, str]]:
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    connections = Connections()
    try:
        yield connections, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        connections.close()
        server.close()
        peer.ended.set()
        await until(lambda: not peer.serving)


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
    ],
)
async def test_answers_are_read_and_their_connection_is_used_again(answer: bytes):
    peer = Peer(answer, answer)
    async with connected(peer) as (connections, url):
        assert [await connections.ask(url, *REQUEST) for _ in range(2)] == [Answer(200, b"ok")] * 2
    assert peer.opened == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", Cut),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", Cut),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Malformed),
    ],
)
async def test_what_is_no_answer_is_an_error(answer: bytes, error: type[OSError]):
    async with connected(Peer(answer, closes=True)) as (connections, url):
        with pytest.raises(error):
            await connections.ask(url, *REQUEST)


@pytest.mark.parametrize("answer", [OK, OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")])
async def test_a_connection_that_the_other_side_closed_is_not_used_again(answer: bytes):
    peer = Peer(answer, answer, closes=True)
    async with connected(peer) as (connections, url):
        for _ in range(2):
            assert await connections.ask(url, *REQUEST) == Answer(200, b"ok")
            await asyncio.sleep(0.05)  # until the end of the connection has arrived
    assert peer.opened == 2


async def test_a_refusal_before_the_body_was_sent_ends_the_connection():
    peer = Peer(OK, OK, reads_on=False)
    async with connected(peer) as (connections, url):
        for _ in range(2):  # more than the buffers of the system hold, which the peer does not read
            body = bytes(20_000_000)
            head = b"POST /faces HTTP/1.1\r\nHost: there\r\nContent-Length: %d\r\n\r\n" % len(body)
            assert await connections.ask(url, head, body) == Answer(200, b"ok")
    assert peer.opened == 2


async def test_a_call_that_nobody_waits_for_ends_its_connection():
    peer = Peer(b"", OK)
    async with connected(peer) as (connections, url):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await connections.ask(url, *REQUEST)
        assert await connections.ask(url, *REQUEST) == Answer(200, b"ok")
    assert peer.opened == 2
