"""What a client gets, and what is reported, of requests that succeed, are refused, or fail."""

import asyncio
import logging

import httpx
import pytest
from fastapi import FastAPI, Response
from starlette.requests import ClientDisconnect

from serving.exception_handlers import handle_exceptions
from serving.hang_up import while_connected
from serving.problems import Outage, Refused
from serving.request_log import RequestIds, RequestLog
from serving.stages import Ended
from serving.web.head_requests import HeadRequests


class Malformed(Refused, code="malformed", sentence="The body is malformed."):
    """A body that cannot be parsed."""


class Invalid(Refused, code="invalid", status=422, sentence="A field is invalid."):
    """An invalid field."""


class Closed(Outage, code="closed", sentence="The shop is closed."):
    """A shop out of hours."""


class Shop:
    """A small service and what it reports."""

    def __init__(self) -> None:
        self.ended: list[Ended] = []
        app = FastAPI()

        @app.get("/shelves/{number}")
        async def get(number: int) -> int:
            if number == 0:
                raise ZeroDivisionError("a secret")
            if number == 13:
                raise Closed
            return number

        @app.put("/shelves/{number}")
        async def put(number: int) -> Response:
            raise ClientDisconnect(number)

        handle_exceptions(app, malformed=Malformed, invalid=Invalid)
        app.add_middleware(RequestLog, on_end=lambda _, request: self.ended.append(request))
        app.add_middleware(RequestIds)
        app.add_middleware(HeadRequests)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")


@pytest.fixture
def shop():
    return Shop()


@pytest.mark.parametrize(
    ("call", "status", "outcome", "route"),
    [
        ("GET /shelves/1", 200, "ok", "GET /shelves/{number}"),
        ("HEAD /shelves/1", 200, "ok", "GET /shelves/{number}"),
        ("GET /shelves/0", 500, "internal-error", "GET /shelves/{number}"),
        ("GET /shelves/13", 503, "closed", "GET /shelves/{number}"),
        ("GET /shelves/one", 422, "invalid", "GET /shelves/{number}"),
        ("PUT /shelves/1", 499, "client-gone", "PUT /shelves/{number}"),
        ("POST /shelves/1", 405, "method-not-allowed", "other"),
        ("GET /nothing", 404, "not-found", "other"),
    ],
)
async def test_every_request_is_reported(shop, call, status, outcome, route):
    response = await shop.client.request(*call.split())

    [ended] = shop.ended
    assert response.status_code == ended.status == status
    assert (ended.route, ended.outcome) == (route, outcome)
    assert ended.seconds > 0
    if status not in {200, 499}:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["code"] == outcome
        assert response.json()["request_id"] == response.headers["x-request-id"]


async def test_an_outage_says_when_to_try_again_and_a_refusal_does_not(shop):
    assert (await shop.client.get("/shelves/13")).headers["retry-after"] == "1"
    assert "retry-after" not in (await shop.client.get("/shelves/one")).headers


async def test_a_wrong_method_names_those_of_all_routes_of_the_path(shop):
    assert (await shop.client.post("/shelves/1")).headers["allow"] == "GET, HEAD, PUT"


@pytest.mark.parametrize("path", ["/shelves/1", "/shelves/0", "/shelves/13", "/nothing"])
async def test_head_has_the_headers_of_get_and_no_body(shop, path):
    got, head = [await shop.client.request(method, path, headers={"X-Request-ID": "a"}) for method in ("GET", "HEAD")]
    assert (head.status_code, head.headers, head.content) == (got.status_code, got.headers, b"")


async def test_an_unexpected_error_is_logged_once_and_not_shown(shop, caplog):
    with caplog.at_level(logging.ERROR):
        response = await shop.client.get("/shelves/0")
    assert "secret" not in response.text
    assert caplog.text.count("ZeroDivisionError: a secret") == 1


async def test_work_is_cancelled_when_its_client_hangs_up():
    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    working = asyncio.create_task(asyncio.Event().wait())
    with pytest.raises(ClientDisconnect):
        await _work(receive, working)
    assert working.cancelled()


async def test_a_timeout_of_the_work_itself_is_not_a_hang_up():
    async def receive() -> None:
        await asyncio.Event().wait()

    async def late() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await _work(receive, late())


async def _work(receive, working):
    async with while_connected(receive):
        await working
