"""Clients that disconnect during a request."""

import uuid
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.adversity.raw import connected, learn_request
from tests.calls import learn, recognize
from tests.photographs import actor, encoded
from tests.stack import Stack
from tests.waiting import wait_until

PORTRAIT = encoded(actor())


def test_an_interrupted_upload_has_no_effect(stack: Stack, client: httpx.Client):
    directory = uuid.uuid4().hex
    request = learn_request("ann", directory, PORTRAIT)

    for share in range(1, 100):
        with connected(stack) as connection:
            connection.sendall(request[: len(request) * share // 100])

    [person] = recognize(client, PORTRAIT, directory=directory)["persons"]
    assert person["candidates"] == []


def connections_to(process: Any, port: int) -> list[Any]:
    """Return the connections of a process to a port of this machine."""
    return [one for one in process.net_connections("tcp") if one.raddr and one.raddr.port == port]


@pytest.mark.timing
def test_clients_that_hang_up_release_their_slots(stack: Stack, client: httpx.Client):
    """The vectorizer has 64 slots for waiting images, which seven groups of ten clients would fill."""
    ended = stack.log.count("POST /learn")
    port = int(stack.vectorizer.environ()["VECTORIZER_PORT"])
    for _ in range(7):
        stack.vectorizer.suspend()
        with ExitStack() as crowd:
            for number in range(10):
                connection = crowd.enter_context(connected(stack))
                connection.sendall(learn_request(f"person {number}", uuid.uuid4().hex, PORTRAIT))
            wait_until(lambda: len(connections_to(stack.gateway, port)) >= 10)
        stack.vectorizer.resume()

        assert learn(client, "ann", PORTRAIT, directory=uuid.uuid4().hex)["created"]

    wait_until(lambda: stack.log.count("POST /learn") == ended + 7 * 11)
