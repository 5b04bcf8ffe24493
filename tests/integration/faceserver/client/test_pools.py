"""One client in forked processes, event loops and threads, with real sockets."""

import asyncio
import gc
import json
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

import httpx
import pytest

from faceserver import AsyncClient, Client
from faceserver.client.connection import http_options
from faceserver.errors import FaceserverError, UnexpectedAnswer
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = [
    pytest.mark.timing,
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]

FORK = multiprocessing.get_context("fork")
CHILDREN = 4

JOB = {
    "kind": "export",
    "directory": None,
    "state": "waiting",
    "progress": {"done": 0, "total": None, "note": None},
    "problem": None,
    "created_at": "2026-11-22T09:00:00Z",
    "started_at": None,
    "finished_at": None,
}


class Service:
    """A service that answers each job with its own id, and holds those whose ids begin with `held`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.connections: dict[str, set[Any]] = {}
        """The connections on which each job was asked for."""
        self.request_ids: Callable[[str], list[str]] = lambda sent: [sent]
        """Makes the ids of an answer from the one of its request."""
        self.holding = 0
        self.max_in_progress = 0
        self.in_progress = 0
        self.released = threading.Event()
        self.lock = threading.Lock()


@contextmanager
def service() -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            job = self.path.rpartition("/")[2]
            with served.lock:
                served.connections.setdefault(job, set()).add(self.client_address)
                served.in_progress += 1
                served.max_in_progress = max(served.max_in_progress, served.in_progress)
            if job.startswith("held"):
                served.holding += 1
                served.released.wait(PATIENCE_SECONDS)
            body = json.dumps({**JOB, "id": job})
            with served.lock:
                served.in_progress -= 1
            self.send_response(200)
            for request_id in served.request_ids(self.headers["X-Request-ID"]):
                self.send_header("X-Request-ID", request_id)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 256

    with Server(("127.0.0.1", 0), Handler) as server:
        served = Service(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield served
        finally:
            served.released.set()
            server.shutdown()
            thread.join()


def answers_in_children(ask: Callable[[str], str]) -> list[str]:
    """Return what children that are forked now are told, all at the same time."""

    def run(name: str, end: Connection) -> None:
        try:
            end.send(ask(name))
        except (FaceserverError, RuntimeError) as error:
            end.send(repr(error))

    ends, children = [], []
    for number in range(CHILDREN):
        ours, theirs = FORK.Pipe()
        children.append(FORK.Process(target=run, args=(f"child-{number}", theirs)))
        ends.append(ours)
    for child in children:
        child.start()
    told = [end.recv() if end.poll(PATIENCE_SECONDS) else "nothing" for end in ends]
    for child in children:
        child.join()
    return told


EXPECTED = [f"child-{number}" for number in range(CHILDREN)]


def test_forked_processes_open_connections_of_their_own():
    with service() as served, Client(served.url) as client:
        client.job("parent")

        assert answers_in_children(lambda name: client.job(name).job) == EXPECTED
        assert client.job("parent").job == "parent"

        used = [served.connections[name] for name in ("parent", *EXPECTED)]
        assert [len(connections) for connections in used] == [1] * (CHILDREN + 1), "the parent's was not closed"
        assert len(set.union(*used)) == CHILDREN + 1, "and nobody else used it"


def test_a_fork_during_a_request_of_another_thread():
    with service() as served, Client(served.url, max_connections=1) as client, ThreadPoolExecutor() as threads:
        slow = threads.submit(client.job, "held")
        wait_until(lambda: served.holding)

        assert answers_in_children(lambda name: client.job(name).job) == EXPECTED

        served.released.set()
        assert slow.result().job == "held"


def test_forked_processes_with_asyncio():
    with service() as served:
        client = AsyncClient(served.url)

        async def parent() -> list[str]:
            await client.job("parent")
            told = await asyncio.to_thread(answers_in_children, lambda name: asyncio.run(client.job(name)).job)
            assert (await client.job("parent")).job == "parent"
            return told

        assert asyncio.run(parent()) == EXPECTED
        assert len(served.connections["parent"]) == 1
        assert len(set.union(*served.connections.values())) == CHILDREN + 1


def test_a_given_httpx_client_is_for_one_process_and_a_function_for_all():
    with service() as served, httpx.Client(trust_env=False) as http:
        for given, told in ((http, None), (lambda: httpx.Client(trust_env=False), EXPECTED)):
            with Client(served.url, http=given) as client:
                client.job("parent")
                answers = answers_in_children(lambda name, client=client: client.job(name).job)  # type: ignore[misc]
            if told:
                assert answers == told
            else:
                assert all("give a function that returns a new one" in answer for answer in answers)


def test_one_client_in_event_loops_one_after_another_and_at_once():
    with service() as served:
        client = AsyncClient(served.url, max_connections=2)

        def run(name: str) -> str:
            return asyncio.run(client.job(name)).job

        assert [run("1"), run("2")] == ["1", "2"]
        with ThreadPoolExecutor() as threads:
            told = [threads.submit(run, f"held-{number}") for number in range(4)]
            wait_until(lambda: served.holding == 4)
            served.released.set()
            assert [each.result() for each in told] == [f"held-{number}" for number in range(4)]
        assert len(set.union(*served.connections.values())) == 6
    gc.collect()  # a connection that its event loop did not close would warn, which fails the test


def test_a_given_httpx_client_is_for_one_event_loop():
    with service() as served:
        http = httpx.AsyncClient(trust_env=False)
        client = AsyncClient(served.url, http=http)

        async def ask_and_close() -> None:
            await client.job("1")
            await http.aclose()

        asyncio.run(ask_and_close())
        with pytest.raises(RuntimeError, match="give a function that returns a new one"):
            asyncio.run(client.job("2"))


async def test_a_thousand_calls_at_once_wait_for_few_connections():
    with service() as served:
        async with AsyncClient(served.url, max_connections=3) as client:
            told = await asyncio.gather(*(client.job(str(number)) for number in range(1000)))
        assert [each.job for each in told] == [str(number) for number in range(1000)]
        assert served.max_in_progress <= 3
        assert len(set.union(*served.connections.values())) <= 3


def test_two_hundred_threads_wait_for_few_connections():
    with service() as served, Client(served.url, max_connections=3) as client:
        with ThreadPoolExecutor(200) as threads:
            told = list(threads.map(client.job, map(str, range(200))))
        assert [each.job for each in told] == [str(number) for number in range(200)]
        assert served.max_in_progress <= 3


def test_waiting_for_a_connection_has_no_time_limit():
    """Neither in the queue of the client, which ends in order, nor in that of httpx."""
    assert http_options("http://127.0.0.1", 1.0, 3)["timeout"].pool is None


OTHERS: list[Callable[[str], list[str]]] = [lambda _: ["another"], lambda _: ["client-0"], lambda _: ["one", "two"]]
OWN: list[Callable[[str], list[str]]] = [lambda _: [], lambda sent: [sent], lambda sent: ["of a proxy", sent]]


@pytest.mark.parametrize("ids", OTHERS)
async def test_an_answer_to_another_request_is_refused_and_its_connection_closed(ids: Callable[[str], list[str]]):
    with service() as served, Client(served.url) as client:
        async with AsyncClient(served.url) as async_client:
            served.request_ids = ids
            with pytest.raises(UnexpectedAnswer, match="belongs to another request"):
                client.job("1")
            with pytest.raises(UnexpectedAnswer, match="belongs to another request"):
                await async_client.job("2")
            served.request_ids = lambda sent: [sent]
            assert client.job("3").job == "3"
            assert (await async_client.job("4")).job == "4"
        assert len(set.union(*served.connections.values())) == 4


@pytest.mark.parametrize("ids", OWN)
def test_an_answer_with_the_id_of_the_request_or_without_one_is_accepted(ids: Callable[[str], list[str]]):
    with service() as served, Client(served.url) as client:
        served.request_ids = ids
        assert client.job("1").job == client.job("1").job == "1"
        assert len(served.connections["1"]) == 1


def test_ids_that_the_user_sets_are_not_compared():
    with service() as served, httpx.Client(headers={"X-Request-ID": "order 4711"}, trust_env=False) as http:
        served.request_ids = lambda _: ["made-by-the-service"]
        assert Client(served.url, http=http).job("1").job == "1"
