"""What is refused before anything of it is read."""

import asyncio
import logging
import time

import httpx
import pytest

from apiserver.access.scopes import Scope
from apiserver.app import create_app
from tests.gate import gate_before
from tests.integration.apiserver.http.callers import Callers
from tests.servers.listening import listening
from tests.waiting import PATIENCE_SECONDS, until

pytestmark = pytest.mark.timing

REFUSED_CLIENTS = 50


@pytest.fixture
async def hanging():
    """A vectorizer that takes images and never answers; yields its address and how many it took."""
    taken: list[int] = []

    async def serve(reader, _):
        await reader.readuntil(b"\r\n\r\n")
        taken.append(1)
        await reader.read()

    async with listening(serve) as port:
        yield f"http://127.0.0.1:{port}", taken


@pytest.fixture
async def full(serve_app, settings, hanging, ann):
    """A gateway whose only vectorizer has its one image."""
    url, taken = hanging
    app = create_app(
        settings.model_copy(
            update={"vectorizer_urls": url, "vectorizer_connections": 1, "vectorizer_timeout_seconds": 3600}
        )
    )
    gateway: httpx.AsyncClient = await serve_app(app)
    first = asyncio.create_task(gateway.post("/recognize", files={"file": ann}))
    await until(lambda: taken)
    yield gateway
    assert not first.done(), "all of this happened while the vectorizer was full"
    first.cancel()


async def test_a_full_gateway_refuses_at_once(full, ann, caplog):
    caplog.set_level(logging.INFO)
    begun = time.monotonic()
    for number in range(REFUSED_CLIENTS):
        headers = {"X-Request-ID": f"guest-{number}"}
        response = await full.post("/learn", data={"person": "ann"}, files={"file": ann}, headers=headers)
        assert response.status_code == 503
        assert response.json() == {
            "status": "The vectorizer is busy.",
            "code": "vectorizer-busy",
            "persons": None,
            "request_id": f"guest-{number}",
            "trace_id": None,
        }
        assert (response.headers["Retry-After"], response.headers["X-Request-ID"]) == ("1", f"guest-{number}")
    refusals = [record for record in caplog.records if "All vectorizers are full" in record.message]
    assert 1 <= len(refusals) <= 1 + time.monotonic() - begun, "a line a second, at most"


async def test_other_calls_are_served(full):
    assert (await full.get("/health/live")).status_code == 200
    assert (await full.get("/files/nothing")).status_code == 404
    assert (await full.get("/learn")).status_code == 405


@pytest.mark.parametrize("path", ["/recognize", "/directories/acme/persons/ann/faces"])
async def test_a_refused_upload_may_go_on_and_the_connection_serves_again(full, path):
    reader, writer = await asyncio.open_connection(full.base_url.host, full.base_url.port)
    head = f"POST {path} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000000\r\n\r\n"
    writer.write(head.encode() + bytes(1000))
    assert (await asyncio.wait_for(reader.readuntil(b"}"), PATIENCE_SECONDS)).startswith(b"HTTP/1.1 503 ")

    writer.write(bytes(999_000) + b"GET /health/live HTTP/1.1\r\nHost: gateway\r\n\r\n")
    assert (await asyncio.wait_for(reader.readuntil(b"}"), PATIENCE_SECONDS)).startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_whoever_has_all_places_can_still_erase(serve, settings, database, vectorizer_url, ann):
    """One key has every place of the gateway, all of them taken by photographs that wait for the vectorizer."""
    callers, places = Callers(database), 3
    busy, other = [await callers.add(frozenset(Scope), "acme", requests_in_progress=places) for _ in range(2)]
    person = "/directories/acme/persons/ann"
    with gate_before(vectorizer_url, passes=1) as gate:
        locked = {"require_keys": True, "max_requests": places, "vectorizer_urls": gate.url}
        gateway = await serve(settings.model_copy(update=locked | {"vectorizer_timeout_seconds": 3600}))

        async def send(path: str, headers: dict[str, str], **fields: str) -> httpx.Response:
            data = fields | {"directory": "acme"}
            answer: httpx.Response = await gateway.post(path, data=data, files={"file": ann}, headers=headers)
            return answer

        assert (await send("/learn", busy, person="ann")).status_code == 201
        waiting = [asyncio.create_task(send("/recognize", busy)) for _ in range(places)]
        await until(lambda: gate.held == places)

        for caller, refusal in ((busy, (429, "too-many-requests")), (other, (503, "gateway-busy"))):
            refused = await send("/recognize", caller)
            assert (refused.status_code, refused.json()["code"]) == refusal
        assert [(await gateway.get(f"/health/{kind}")).status_code for kind in ("live", "ready")] == [200, 200]
        assert (await gateway.get(person, headers=other)).status_code == 200
        assert (await gateway.delete(person, headers=busy)).status_code == 200
        assert (await gateway.delete("/directories/acme", headers=busy)).status_code == 200
        assert not any(task.done() for task in waiting), "all of this happened while every place was taken"
        gate.open()
        # The directory has gone in the meantime.
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {201}
