"""Two vectorizers: if one is down, no request fails; if both are full, requests are refused with Retry-After."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adversity.service import Crowd, Service, running
from tests.photographs import actor, encoded
from tests.waiting import wait_until

pytestmark = pytest.mark.timing

PORTRAIT = encoded(actor())


def begin_upload(vectorizer: Service) -> socket.socket:
    """Occupy a slot of a vectorizer until the connection ends."""
    connection = socket.create_connection(("127.0.0.1", vectorizer.port))
    connection.sendall(b"POST /faces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
    return connection


def gateway_of(vectorizers: list[Service], database_url: str, folder: Path) -> Service:
    return Service(
        "apiserver",
        APISERVER_DATABASE_URL=database_url,
        APISERVER_VECTORIZER_URLS=",".join(vectorizer.url for vectorizer in vectorizers),
        APISERVER_IMAGE_STORE_URL=(folder / "images").as_uri(),
        APISERVER_LOG_LEVEL="warning",
    )


@pytest.fixture
def vectorizers() -> Iterator[list[Service]]:
    pair = [Service("vectorizer"), Service("vectorizer")]
    with running(*pair):
        yield pair


@pytest.fixture
def gateway(vectorizers: list[Service], database_url: str, tmp_path: Path) -> Iterator[Service]:
    service = gateway_of(vectorizers, database_url, tmp_path)
    with running(service):
        yield service


def test_no_request_fails_when_a_vectorizer_is_killed_and_restarted(gateway: Service, vectorizers: list[Service]):
    with Crowd(gateway.url, PORTRAIT, clients=4) as crowd:
        crowd.wait_for(20)
        for vectorizer in vectorizers:
            vectorizer.kill()
            crowd.wait_for(20)
            vectorizer.start()
            crowd.wait_for(40)

    assert (crowd.broken, [refusal.text for refusal in crowd.refusals]) == ([], [])
    assert crowd.statuses[201] >= 140


@pytest.mark.long
def test_no_request_fails_when_the_vectorizers_are_replaced_one_by_one(gateway: Service, vectorizers: list[Service]):
    with Crowd(gateway.url, PORTRAIT, clients=4) as crowd:
        for vectorizer in vectorizers:
            crowd.wait_for(20)
            vectorizer.terminate()
            crowd.wait_for(20)
            vectorizer.start()
        crowd.wait_for(20)

    assert (crowd.broken, [refusal.text for refusal in crowd.refusals]) == ([], [])


def test_when_all_are_full_every_refusal_has_retry_after(database_url: str, tmp_path: Path):
    full = [Service("vectorizer", VECTORIZER_LANES="1", VECTORIZER_WAITING="0") for _ in range(2)]
    gateway = gateway_of(full, database_url, tmp_path)
    with running(*full, gateway):
        uploads = [begin_upload(vectorizer) for vectorizer in full]
        with Crowd(gateway.url, PORTRAIT, clients=8) as crowd:
            wait_until(lambda: crowd.statuses[503] >= 8)
            for upload in uploads:
                upload.close()
            crowd.wait_for(50)
    assert crowd.broken == []
    assert set(crowd.statuses) == {201, 503}
    for refusal in crowd.refusals:
        assert (refusal.status_code, refusal.json()["code"]) == (503, "vectorizer-busy")
        assert int(refusal.headers["Retry-After"]) > 0
