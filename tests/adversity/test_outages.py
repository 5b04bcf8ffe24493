"""A process of the stack dies or freezes: clients get a problem, nothing is half done, and it is restarted."""

import uuid
from typing import Any

import httpx
import pytest

from tests.adversity.service import Service, running
from tests.calls import learn, post, recognize
from tests.photographs import actor, astronaut, encoded
from tests.stack import Stack
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.timing

PORTRAIT = encoded(astronaut())
OTHER = encoded(actor())


@pytest.fixture
def directory(client: httpx.Client) -> str:
    """A directory in which ann is enrolled."""
    directory = uuid.uuid4().hex
    learn(client, "ann", PORTRAIT, directory=directory)
    return directory


def assert_outage(response: httpx.Response, status: int, code: str) -> None:
    answer = response.json()
    assert (response.status_code, answer["code"]) == (status, code)
    assert int(response.headers["retry-after"]) > 0
    assert answer["status"].endswith(".")


def persons_in(client: httpx.Client, directory: str) -> set[str]:
    """Return the ids of the persons recognized in `directory`."""
    persons: list[dict[str, Any]] = recognize(client, PORTRAIT, directory=directory, k="100")["persons"]
    return {candidate["id"] for person in persons for candidate in person["candidates"]}


def test_without_the_vectorizer_nothing_is_stored(stack: Stack, client: httpx.Client, directory: str):
    images = stack.images()
    with stack.unattended():
        stack.vectorizer.kill()
        for path in ["/learn", "/recognize"]:
            response = post(client, path, OTHER, person="bob", directory=directory)
            assert_outage(response, 503, "vectorizer-unavailable")
        assert client.get("/health/ready").status_code == 503
        assert client.get("/health/live").status_code == 200
        assert stack.images() == images

    wait_until(stack.is_ready)
    assert persons_in(client, directory) == {"ann"}
    learn(client, "bob", OTHER, directory=directory)


def test_a_frozen_vectorizer_times_out(stack: Stack, client: httpx.Client, directory: str):
    images = stack.images()
    environment = {name: value for name, value in stack.gateway.environ().items() if name.startswith("APISERVER_")}
    del environment["APISERVER_HEALTH_PORT"]  # the other gateway has it
    impatient = Service("apiserver", **environment | {"APISERVER_VECTORIZER_TIMEOUT_SECONDS": "1"})
    with running(impatient), httpx.Client(base_url=impatient.url, timeout=PATIENCE_SECONDS, trust_env=False) as other:
        stack.vectorizer.suspend()
        try:
            response = post(other, "/learn", OTHER, person="bob", directory=directory)
        finally:
            stack.vectorizer.resume()

    assert_outage(response, 504, "vectorizer-timeout")
    assert stack.images() == images
    assert persons_in(client, directory) == {"ann"}


def test_without_the_database_nothing_is_stored(stack: Stack, client: httpx.Client, directory: str):
    images = stack.images()
    with stack.unattended():
        stack.database.kill()
        for path in ["/learn", "/recognize"]:
            response = post(client, path, OTHER, person="bob", directory=directory)
            assert_outage(response, 503, "database-unavailable")
        assert client.get("/health/ready").status_code == 503
        assert stack.images() == images

    wait_until(stack.is_ready)
    assert persons_in(client, directory) == {"ann"}
    learn(client, "bob", OTHER, directory=directory)


@pytest.mark.parametrize("name", ["gateway", "vectorizer", "database"])
def test_a_killed_process_is_restarted(stack: Stack, directory: str, name: str):
    killed = getattr(stack, name)
    killed.kill()

    wait_until(lambda: not killed.is_running() and stack.is_ready())

    with stack.client() as client:
        assert persons_in(client, directory) == {"ann"}
    assert getattr(stack, name).pid != killed.pid
    assert "exited unexpectedly (killed by SIGKILL); restarting it" in stack.log
