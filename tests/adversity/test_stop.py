"""Stopping under load: every accepted request is answered."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.adversity.raw import connected, learn_request, read_until
from tests.calls import learn
from tests.photographs import astronaut, encoded
from tests.stack import Stack, new_stack
from tests.waiting import wait_until

pytestmark = pytest.mark.timing

PORTRAIT = encoded(astronaut())


@pytest.fixture
def own_stack() -> Iterator[Stack]:
    with new_stack() as stack:
        yield stack.start()


class Visitor(threading.Thread):
    """Learns one person after the other, each over a new connection, until a connection is refused."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self._stack = stack
        self.directory = uuid.uuid4().hex
        self.admitted: list[str] = []
        self.learned: list[str] = []

    def run(self) -> None:
        with suppress(ConnectionError):  # refused, or reset while the listener closes
            while True:
                self._learn_another(f"person {len(self.learned)}")

    def _learn_another(self, person: str) -> None:
        request = learn_request(person, self.directory, PORTRAIT, Expect="100-continue", Connection="close")
        head, separator, body = request.partition(b"\r\n\r\n")
        with connected(self._stack) as connection:
            connection.sendall(head + separator)
            read_until(connection, b"\r\n\r\n")
            self.admitted.append(person)
            connection.sendall(body)
            if read_until(connection, b"}").startswith(b"HTTP/1.1 201 "):
                self.learned.append(person)


def test_under_load_no_accepted_request_is_lost(own_stack: Stack):
    visitors = [Visitor(own_stack) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    wait_until(lambda: all(len(visitor.learned) >= 3 for visitor in visitors))

    assert own_stack.stop() == 0
    for visitor in visitors:
        visitor.join()

    for visitor in visitors:
        assert visitor.learned == visitor.admitted
    own_stack.start()
    with own_stack.client() as client:
        for visitor in visitors:
            for person in visitor.learned:
                assert not learn(client, person, PORTRAIT, directory=visitor.directory)["created"]


def test_an_upload_in_progress_is_finished(own_stack: Stack):
    request = learn_request("ann", "default", PORTRAIT, Expect="100-continue")
    head, separator, body = request.partition(b"\r\n\r\n")
    with connected(own_stack) as connection:
        connection.sendall(head + separator)
        assert b"100 Continue" in read_until(connection, b"\r\n\r\n")

        own_stack.process.terminate()
        wait_until(lambda: "Stopping" in own_stack.log and "Shutting down" in own_stack.log)
        connection.sendall(body)
        answer = read_until(connection, b"}")

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert own_stack.wait() == 0
    own_stack.start()
    with own_stack.client() as client:
        assert not learn(client, "ann", PORTRAIT)["created"]
