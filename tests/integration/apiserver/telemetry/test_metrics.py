"""What the gateway tells Prometheus."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from PIL import ImageFilter
from prometheus_client import CollectorRegistry

from apiserver.app import create_app
from apiserver.telemetry.gateway import Metrics
from serving.metrics_port import metrics_served
from tests.calls import accepted
from tests.integration.apiserver.conftest import encoded, on_grey
from tests.metrics import Samples
from tests.photographs import stranger
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS

MAX_IMAGE_BYTES = 1_000_000

Scrape = Callable[[], Awaitable[Samples]]


async def scrape(port: int) -> Samples:
    return await asyncio.to_thread(Samples, port)


@pytest.fixture
async def counted(serve_app, settings):
    """A gateway, and a function that scrapes it."""
    metrics, port = Metrics(), free_port()
    client = await serve_app(create_app(settings.model_copy(update={"max_image_bytes": MAX_IMAGE_BYTES}), metrics))
    with metrics_served(metrics.registry, "127.0.0.1", port):
        yield client, lambda: scrape(port)


async def post(gateway: httpx.AsyncClient, path: str, photograph: bytes, **fields: str) -> httpx.Response:
    return await gateway.post(path, data=fields, files={"file": ("a.jpg", photograph)})


async def test_requests_are_counted_by_route_and_outcome(counted, ann, ann_again):
    gateway, scraped = counted
    accepted(await post(gateway, "/learn", ann, person="ann"))
    accepted(await post(gateway, "/recognize", ann_again))
    accepted(await post(gateway, "/recognize", encoded(on_grey(stranger(29)).filter(ImageFilter.GaussianBlur(9)))))
    await post(gateway, "/recognize", b"no photograph")
    await gateway.get("/directories/Ann's secret friends")
    await gateway.get("/there/is/nothing")
    await gateway.request("DELETE", "/learn")

    last = {"route": "other", "status": "405", "outcome": "method-not-allowed"}
    said = await until_scraped(scraped, lambda said: said("gateway_requests_total", **last) == 1)

    for route, status, outcome in (
        ("POST /learn", "201", "ok"),
        ("POST /recognize", "400", "invalid-file-format"),
        ("GET /directories/{directory}", "404", "directory-not-found"),
        ("other", "404", "not-found"),
        ("other", "405", "method-not-allowed"),
    ):
        assert said("gateway_requests_total", route=route, status=status, outcome=outcome) == 1, outcome
    assert said("gateway_requests_total", route="POST /recognize", status="201", outcome="ok") == 2
    assert said("gateway_request_seconds_count", route="POST /recognize") == 3
    stages = {"read", "vectorize", "search", "store", "note", "enrol"}
    assert said.names("stage", "gateway_stage_seconds_count") == stages
    assert said("gateway_decisions_total", decision="match", search="exact", reason="none") == 1
    assert said("gateway_decisions_total", decision="unknown", search="exact", reason="unrecognizable") == 1


async def test_nothing_a_client_names_becomes_a_label(counted, ann):
    gateway, scraped = counted
    accepted(await post(gateway, "/learn", ann, person="Ann Nonymous", directory="Secret Club"))
    accepted(await post(gateway, "/recognize", ann, directory="Secret Club"))
    await gateway.get("/directories/Secret%20Club")
    last = {"route": "GET /directories/{directory}", "status": "200", "outcome": "ok"}

    said = await until_scraped(scraped, lambda said: said("gateway_requests_total", **last) == 1)

    assert said("gateway_decisions_total", decision="match", search="exact", reason="none") == 1
    assert "Ann" not in said.text
    assert "Secret" not in said.text


async def test_resources_are_looked_at_when_asked(counted, settings, ann):
    gateway, scraped = counted
    before = await scraped()
    accepted(await post(gateway, "/learn", ann, person="ann"))
    after = await until_scraped(scraped, lambda said: said("database_connections", state="idle") == 1)

    assert before("gateway_places") == settings.max_requests
    assert after("gateway_places_taken") == 0
    assert before("database_connections", state="idle") == 0
    assert after("database_connections", state="idle") == 1
    assert after("database_connections_limit") == settings.database_pool_size
    assert after("database_wait_seconds_count", share="recognition") >= 1
    replica = settings.vectorizer_urls
    assert after("gateway_vectorizer_in_flight", replica=replica) == 0
    assert after("gateway_vectorizer_set_aside", replica=replica) == 0
    assert after("gateway_vectorizer_attempts_total", outcome="ok") == 1
    assert "\nprocess_resident_memory_bytes " in after.text


@pytest.mark.timing
async def test_a_photograph_in_work_is_seen(counted):
    gateway, scraped = counted
    _, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    head = f"POST /recognize HTTP/1.1\r\nHost: gateway\r\nContent-Length: {MAX_IMAGE_BYTES + 1000}\r\n".encode()
    writer.write(head + b"Content-Type: multipart/form-data; boundary=edge\r\n\r\n" + bytes(MAX_IMAGE_BYTES))

    await until_scraped(scraped, lambda said: said("gateway_places_taken") == 1)
    writer.close()
    gone = {"route": "POST /recognize", "status": "499", "outcome": "client-gone"}
    await until_scraped(scraped, lambda said: said("gateway_requests_total", **gone) == 1)
    assert (await scraped())("gateway_places_taken") == 0


async def until_scraped(scraped: Scrape, condition: Callable[[Samples], bool]) -> Samples:
    """Return the first scrape of which `condition` holds: a request is counted after its answer."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition(said := await scraped()):  # noqa: ASYNC110 - what is waited for is behind a socket
            await asyncio.sleep(0.02)
    return said


async def test_a_vectorizer_that_is_gone_is_set_aside(serve_app, settings, ann):
    gone = f"http://127.0.0.1:{free_port()}"
    metrics, port = Metrics(), free_port()
    gateway = await serve_app(create_app(settings.model_copy(update={"vectorizer_urls": gone}), metrics))
    refused = await post(gateway, "/recognize", ann)

    with metrics_served(metrics.registry, "127.0.0.1", port):
        labels = {"route": "POST /recognize", "status": "503", "outcome": "vectorizer-unavailable"}
        said = await until_scraped(lambda: scrape(port), lambda said: said("gateway_requests_total", **labels) == 1)

    assert refused.status_code == 503
    assert said("gateway_vectorizer_set_aside", replica=gone) == 1
    assert said("gateway_vectorizer_attempts_total", outcome="vectorizer-unavailable") == 1


def test_a_port_that_is_taken_is_a_sentence():
    with (
        metrics_served(CollectorRegistry(), "127.0.0.1", port := free_port()),
        pytest.raises(SystemExit, match=f"^The metrics cannot be served at 127.0.0.1:{port}: Address already in use"),
        metrics_served(CollectorRegistry(), "127.0.0.1", port),
    ):
        pass
