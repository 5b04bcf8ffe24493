"""What one connection can take of a server."""

import asyncio

import pytest

from serving.http_server.connections import Connections
from serving.http_server.heads import MAX_HEAD_BYTES, MAX_HEADERS
from serving.http_server.protocol import MAX_QUEUED, Deadlines
from tests.integration.serving.http_server.conftest import served
from tests.waiting import PATIENCE_SECONDS, until

pytestmark = pytest.mark.timing

HOST = b"Host: x\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SHORT = Deadlines(head_seconds=0.2)


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in (f"Content-Length: {len(body)}", *headers))
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode() + body


async def test_pipelined_requests_are_answered_in_order():
    async with served() as server:
        answer = await server.send(GET * (MAX_QUEUED - 2))
        assert answer.count(b"HTTP/1.1 200 ") == MAX_QUEUED - 1
        assert [line for line in answer.split(b"\n") if line.isdigit()] == [b"%d" % n for n in range(1, MAX_QUEUED)]


async def test_requests_far_ahead_of_their_answers_do_not_reach_the_application():
    async with served() as server:
        answer = await server.send(GET * 5000, end=False)
        assert len(server.app.requests) == answer.count(b"HTTP/1.1 200 ") <= MAX_QUEUED + 1
        assert answer.count(b"connection: close") == 1, "the last answer says that no more are read"
        assert server.connections.closed["pipelined"] == 1


async def test_a_long_body_does_not_make_the_next_head_longer():
    async with served() as server:
        answer = await server.send(post("/", bytes(9_000_000)), b"GET / HTTP/1.1\r\nA: ", b"b" * 5_000_000, end=False)
        assert [answer.count(b"HTTP/1.1 %d " % status) for status in (200, 431)] == [1, 1]


async def test_nothing_is_read_while_requests_are_queued():
    async with served() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n" + GET)
        await until(lambda: server.app.requests)
        sent = 0
        while sent < 50_000_000:
            writer.write(GET * 10_000)
            sent += 10_000 * len(GET)
            try:
                await asyncio.wait_for(writer.drain(), 0.5)
            except TimeoutError:
                break
        assert sent < 50_000_000, "the server has stopped reading"
        assert server.app.requests == [("/held", b"")]
        server.app.release.set()
        assert (await asyncio.wait_for(reader.readuntil(b"\n"), PATIENCE_SECONDS)).startswith(b"HTTP/1.1 200 ")
        writer.transport.abort()


async def test_pipelined_bodies_arrive_whole():
    bodies = [bytes([n]) * 100_000 for n in range(8)]
    async with served() as server:
        await server.send(*(post("/", body) for body in bodies))
        assert [body for _, body in server.app.requests[:-1]] == bodies


@pytest.mark.parametrize(
    "head",
    [
        b"A: b\r\n" * MAX_HEADERS,
        b"A: " + b"b" * MAX_HEAD_BYTES + b"\r\n",
        (b"A: " + b"b" * 1000 + b"\r\n") * 66,
        b"A: " + b"b" * 5_000_000,  # the server does not wait for its end
    ],
)
async def test_headers_over_the_limit_are_refused(head):
    async with served() as server:
        answer = await server.send(b"GET / HTTP/1.1\r\n" + HOST + head + b"\r\n", end=False)
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert b'"code":"headers-too-large"' in answer
        assert server.app.requests == []


@pytest.mark.parametrize("head", [b"A: b\r\n" * (MAX_HEADERS - 1), b"A: " + b"b" * (MAX_HEAD_BYTES - 100) + b"\r\n"])
async def test_headers_within_the_limit_are_accepted(head):
    async with served() as server:
        answer = await server.send(b"GET / HTTP/1.1\r\n" + HOST, head, b"\r\n")
        assert answer.count(b"HTTP/1.1 200 ") == 2


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_what_is_no_request_of_ours_is_refused(request_):
    async with served() as server:
        answer = await server.send(request_, end=False)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b'"code":"malformed-request"' in answer
        assert b"connection: close" in answer
        assert server.app.requests == []


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET http://X/ HTTP/1.0\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ],
)
async def test_requests_of_old_clients_and_proxies_are_accepted(request_):
    async with served() as server:
        assert (await server.send(request_, end=False)).startswith(b"HTTP/1.1 200 ")
        assert server.app.requests == [("/", b"")]


async def test_an_upgrade_is_declined_and_its_body_is_no_request():
    body = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    async with served() as server:
        await server.send(post("/", body, "Connection: Upgrade", "Upgrade: h2c") + GET)
        assert server.app.requests == [("/", body), ("/", b""), ("/last", b"")]


async def test_what_follows_a_request_does_not_take_its_answer():
    async with served() as server:
        server.app.release.set()
        answer = await server.send(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\nrubbish\r\n\r\n", end=False)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "rest",
    [
        b"1\r\nx\r\n" * 200_000,
        b"1;" + b"e" * 500_000 + b"\r\nx\r\n",
        b"0\r\n" + b"A: b\r\n" * 100_000,
        b"zz\r\n",
    ],
)
async def test_a_body_that_is_mostly_not_body_is_refused(rest):
    async with served() as server:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = await server.send(head, b"3\r\nabc\r\n" + rest, end=False)
        assert answer.startswith(b"HTTP/1.1 400 ")
        await until(lambda: server.app.cut)
        assert server.app.requests == []


async def test_chunks_and_trailers_are_read_and_trailers_are_no_headers():
    async with served() as server:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        await server.send(head + b"8\r\nabcdefgh\r\n" * 100_000 + b"0\r\nTrailer: x\r\n\r\n", end=False)
        assert server.app.requests == [("/", b"abcdefgh" * 100_000)]
        assert b"trailer" not in dict(server.app.headers)


@pytest.mark.parametrize("beginning", [b"GET / HTTP/1.1\r\nHos", GET + b"GET / HT"])
async def test_a_head_that_is_not_completed_is_given_up(beginning):
    async with served(SHORT) as server:
        answer = await server.send(beginning, end=False)
        assert answer.count(b"HTTP/1.1 ") == 1 + beginning.count(GET)
        assert b"HTTP/1.1 408 " in answer
        assert b'"code":"request-timeout"' in answer


@pytest.mark.parametrize("beginning", [b"", b"\r\n"])
async def test_a_connection_without_a_request_is_closed(beginning):
    async with served(SHORT) as server:
        answer = await server.send(beginning, end=False)
        assert answer.count(b"HTTP/1.1 ") == beginning.count(GET)


@pytest.mark.parametrize("expect", [(), ("Expect: 100-continue",)])
async def test_the_rest_of_an_answered_body_is_not_waited_for(expect):
    async with served(SHORT) as server:
        answer = await server.send(post("/unread", b"", *expect).replace(b"h: 0", b"h: 1000"), end=False)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert server.connections.closed["slow"] == 1


async def test_a_body_that_was_answered_unread_is_skipped():
    async with served() as server:
        await server.send(post("/unread", bytes(500_000)), GET)
        assert [path for path, _ in server.app.requests] == ["/unread", "/", "/last"]


async def connections_to(server, count):
    return [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(count)]


@pytest.mark.parametrize("limits", [Connections(1000, 2), Connections(2)])
async def test_more_connections_than_the_limit_are_refused_while_all_are_used(limits):
    async with served(connections=limits) as server:
        used = await connections_to(server, 2)
        for _, writer in used:
            writer.write(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: len(server.app.requests) == 2)
        answer = await server.send(end=False)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b'"code":"too-many-connections"' in answer
        assert limits.count == 2

        server.app.release.set()
        for reader, writer in used:
            await asyncio.wait_for(reader.readuntil(b"\n"), PATIENCE_SECONDS)
            writer.close()
        await until(lambda: not limits.count)
        assert (await server.send(GET)).count(b"HTTP/1.1 200 ") == 2


async def test_exempt_addresses_have_no_limit_of_their_own():
    async with served(connections=Connections(1000, 1, lambda address: address == "127.0.0.1")) as server:
        opened = await connections_to(server, 3)
        await until(lambda: server.connections.count == 3)
        for _, writer in opened:
            writer.close()


@pytest.mark.parametrize("beginning", [b"", b"GET / HTTP/1.1\r\n", post("/", b"").replace(b"h: 0", b"h: 99")])
async def test_a_slow_connection_makes_room_for_a_new_one(beginning):
    async with served(connections=Connections(1000, 2)) as server:
        slow = await connections_to(server, 2)
        for _, writer in slow:
            writer.write(beginning)

        async def is_served() -> bool:
            return b"HTTP/1.1 200 " in await server.send()

        await until(is_served)
        assert server.connections.closed["connections"] >= 1
        for _, writer in slow:
            writer.close()
