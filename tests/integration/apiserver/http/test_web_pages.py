"""Which hosts and which web pages may call the gateway, and what every answer tells a browser."""

import asyncio
import json

import pytest

from tests.waiting import PATIENCE_SECONDS

sharing = pytest.mark.asyncio(loop_scope="module")

MERGE = "/directories/acme/persons/ann/merge"
CHANGES = [
    ("POST", "/learn"),
    ("POST", MERGE),
    ("POST", "/directories/acme/exports"),
    ("POST", "/directories/acme/imports"),
    ("PUT", "/directories/acme"),
    ("PATCH", "/directories/acme/persons/ann"),
    ("DELETE", "/directories/acme"),
    ("POST", "/nothing"),
]


@pytest.fixture
async def gateway(serve, settings):
    return await serve(settings.model_copy(update={"hosts": ""}))


def foreign(gateway):
    own = f"{gateway.base_url}"
    other_port = f"http://{gateway.base_url.host}:{gateway.base_url.port + 1}"
    origins = ["http://evil.example", "null", "", other_port, own.replace("http", "https"), f"{own}.evil.example"]
    origins += [own.replace("127.0.0.1", "localhost"), f"{own}/", f"{own}, {own}", "file://"]
    yield from ({"Origin": origin} for origin in origins)
    yield from ({"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "", "other", "none, cross-site"))
    yield {"Origin": own, "Sec-Fetch-Site": "cross-site"}
    yield {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}


async def test_foreign_pages_change_nothing(gateway, ann):
    learned = await gateway.post("/learn", data={"person": "ann", "directory": "acme"}, files={"file": ann})
    assert learned.status_code == 201
    for headers in foreign(gateway):
        refused = await gateway.delete("/directories/acme", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "origin-not-allowed"), headers
    for method, path in CHANGES:
        refused = await gateway.request(method, path, content=b"x", headers={"Origin": "http://evil.example"})
        assert (refused.status_code, refused.json()["code"]) == (403, "origin-not-allowed"), path
        assert "APISERVER_ORIGINS" in refused.text
        assert refused.headers["X-Request-ID"]
    assert [d["persons"] for d in (await gateway.get("/directories")).json()["items"]] == [1]


async def test_own_pages_and_other_programs_change_what_they_like(gateway):
    own = f"{gateway.base_url}"
    for headers in (
        {},
        {"Origin": own},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": own, "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://localhost", "Host": "LOCALHOST:80"},
        {"Origin": "https://localhost", "Host": "localhost", "Sec-Fetch-Site": "same-origin"},  # TLS ends at a proxy
        {"Sec-Fetch-Mode": "cors"},  # of Node.js
    ):
        assert (await gateway.put("/directories/acme", json={}, headers=headers)).is_success, headers


async def test_nothing_is_replayed_to_a_foreign_page(gateway):
    key = {"Idempotency-Key": "k"}
    first = await gateway.post("/directories/acme/exports", headers=key)
    assert first.json()["code"] == "directory-not-found"
    assert (await gateway.post("/directories/acme/exports", headers=key)).headers["Idempotency-Replayed"] == "true"
    refused = await gateway.post("/directories/acme/exports", headers=key | {"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert "Idempotency-Replayed" not in refused.headers


async def test_a_refused_body_is_not_awaited(gateway):
    head = "POST /learn HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\nContent-Length: 1000000\r\n\r\n"
    assert (await answer_to(gateway, head)).startswith("HTTP/1.1 403 ")


async def answer_to(gateway, request):
    reader, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    writer.write(request.encode("latin-1"))
    answer = await asyncio.wait_for(reader.readuntil(b"}"), PATIENCE_SECONDS)
    writer.close()
    return answer.decode()


@sharing
@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
        ("GET /version HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200),
        ("GET /version HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        ("GET /health/live HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        ("DELETE /directories/acme HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n\r\n", 421),
        ("GET /version HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: evil.example\r\n\r\n", 200),
        ("GET /version HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\n\r\n", 421),
        ("GET /version HTTP/1.0\r\n\r\n", 200),
        ("GET /version HTTP/1.0\r\nHost: evil.example\r\n\r\n", 421),
    ],
)
async def test_names_that_are_not_listed_are_refused_on_loopback(shared_gateway, head, status):
    answer = await answer_to(shared_gateway, head)
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert ("APISERVER_HOSTS" in answer) == (status == 421)


@sharing
@pytest.mark.parametrize(
    "head",
    [
        "GET /version HTTP/1.1\r\n\r\n",
        "GET /version HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        "GET /version HTTP/1.1\r\nHost: \r\n\r\n",
    ],
)
async def test_one_host_must_be_named(shared_gateway, head):
    assert (await answer_to(shared_gateway, head))[:13] in {"HTTP/1.1 400 ", "HTTP/1.1 421 "}


@pytest.mark.parametrize(
    ("update", "status"),
    [
        ({"hosts": "faces.example.org"}, 200),
        ({"hosts": "*.example.org"}, 200),
        ({"hosts": "*"}, 200),
        ({"origins": "https://faces.example.org"}, 200),
        ({"host": "0.0.0.0", "insecure_open": True}, 200),
        ({"hosts": "other.example.org", "host": "0.0.0.0", "insecure_open": True}, 421),
        ({"hosts": "other.example.org"}, 421),
    ],
)
async def test_a_public_name_is_listed(serve, settings, update, status):
    gateway = await serve(settings.model_copy(update={"hosts": ""} | update))
    assert (await gateway.get("/version", headers={"Host": "faces.example.org:8080"})).status_code == status


async def test_a_trusted_proxy_says_how_clients_call_the_service(serve, settings):
    update = {"hosts": "faces.example.org", "trusted_proxies": "127.0.0.0/8"}
    gateway = await serve(settings.model_copy(update=update))
    page = {"Origin": "https://faces.example.org", "Host": "gateway-1:8080"}
    proxy = page | {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "faces.example.org"}
    for headers, status in (
        (proxy, 200),
        (proxy | {"X-Forwarded-Host": "faces.example.org, localhost", "X-Forwarded-Proto": "https, http"}, 200),
        (proxy | {"X-Forwarded-Host": "evil.example"}, 421),
        (proxy | {"X-Forwarded-Host": "faces.example.org, evil.example"}, 421),
        (proxy | {"X-Forwarded-Proto": "http"}, 403),
        (proxy | {"Origin": "http://faces.example.org"}, 403),
        (proxy | {"Origin": "https://app.example.org"}, 403),
        (page, 421),
    ):
        answer = await gateway.put("/directories/acme", json={}, headers=headers)
        assert (200 if answer.is_success else answer.status_code) == status, headers


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, True),  # of `curl -d`
        ({"Content-Type": "text/plain"}, True),
        ({}, True),
        ({"Content-Type": "text/plain", "Sec-Fetch-Site": "same-origin"}, False),
        ({"Content-Type": "application/jsonp", "Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Content-Type": "Application/JSON; charset=utf-8", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Content-Type": "application/merge-patch+json", "Sec-Fetch-Site": "same-origin"}, True),
    ],
)
async def test_only_other_programs_send_json_as_something_else(gateway, headers, accepted):
    for method, path in (("PUT", "/directories/acme"), ("POST", "/directories/acme/exports")):
        answer = await gateway.request(method, path, content=json.dumps({}), headers=headers)
        assert answer.is_success == accepted
        assert accepted or answer.json()["code"] == "unsupported-media-type"


async def test_a_page_may_send_no_body(gateway):
    await gateway.put("/directories/acme", json={})
    started = await gateway.post("/directories/acme/exports", headers={"Sec-Fetch-Site": "same-origin"})
    assert started.status_code == 202


async def test_every_answer_keeps_browsers_from_storing_framing_and_lending_it(gateway, ann):
    learned = (await gateway.post("/learn", data={"person": "ann"}, files={"file": ann})).json()
    [face] = (await gateway.get("/directories/default/persons/ann/faces")).json()["items"]
    photographs = [learned["url"], face["image"], face["crop"]]
    answers = {
        path: await gateway.get(path) for path in ("/directories", "/nothing", "/learn", "/version", *photographs)
    }
    answers["421"] = await gateway.get("/version", headers={"Host": "evil.example"})
    answers["403"] = await gateway.post("/learn", headers={"Origin": "null"})
    answers["export"] = await gateway.get("/directories/default/persons/ann/export")
    for path, answer in answers.items():
        cached = "private, max-age=300" if path in photographs else "no-store"
        assert answer.headers["Cache-Control"] == cached, path
        sandbox = "sandbox; " if path in photographs else ""
        assert answer.headers["Content-Security-Policy"] == f"{sandbox}default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"]
        assert "Vary" not in answer.headers


async def test_the_page_of_the_documentation_has_a_policy_of_its_own(gateway):
    for path in ("/docs", "/docs/swagger-ui.css"):
        answer = await gateway.get(path)
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"]
    assert "script-src 'self'" in (await gateway.get("/docs")).headers["Content-Security-Policy"]
    assert (await gateway.get("/docs")).headers["Cache-Control"] == "no-store"
    assert (await gateway.get("/docs/start.js")).headers["Cache-Control"] == "max-age=3600"
