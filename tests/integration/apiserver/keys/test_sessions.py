"""Sessions of browsers: cookies that stand for keys, who may change something with them, and when they end."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg
import pytest
import pytest_asyncio

from apiserver.access.grants import OPEN
from apiserver.access.sessions import SessionCookie
from apiserver.app import create_app
from apiserver.http.access.guard import GuardedRoute
from apiserver.keys import records
from apiserver.keys.attempts import MAX_ATTEMPTS
from apiserver.keys.secrets import new_id, new_text
from apiserver.keys.session_records import MAX_SESSIONS
from apiserver.keys.wishes import read_reach, read_scopes
from tests.integration.apiserver.conftest import patient, serving
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAME = {"Sec-Fetch-Site": "same-origin"}
CSRF = "X-Faceserver-CSRF"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def settings(shared_database_url, vectorizer_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sessions")
    changed = {"require_keys": True, "trusted_proxies": "127.0.0.1", "hosts": "faces.example.org"}
    return patient(shared_database_url, vectorizer_url, folder).model_copy(update=changed)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(settings):
    async with serving(create_app(settings)) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def connection(shared_database_url):
    connection = await asyncpg.connect(shared_database_url)
    yield connection
    await connection.close()


async def made(connection, scopes=("manage",), directories=("acme",), **more):
    reach = read_reach(directories)
    return await records.create(connection, records.Wanted("ann", read_scopes(scopes, reach), reach, **more), "test")


async def signed_in(gateway, text, **headers):
    """Return the headers of a page of the service, and the answer."""
    answer = await gateway.post("/session", json={"key": text}, headers=SAME | headers)
    assert answer.status_code == 201, answer.text
    gateway.cookies.clear()
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    return SAME | {"Cookie": cookie, CSRF: answer.json()["csrf_token"]}, answer


async def status(gateway, method, path, headers, **more):
    return (await gateway.request(method, path, headers=headers, **more)).status_code


async def is_ended(gateway, headers):
    answer = await gateway.get("/session", headers=headers)
    return answer.status_code == 401 and answer.json()["code"] == "session-ended"


async def test_a_session_stands_for_its_key(gateway, connection):
    expires = datetime.now(UTC) + timedelta(days=1)
    record, text = await made(connection, expires_at=expires)
    page, answer = await signed_in(gateway, text)
    attributes = answer.headers["Set-Cookie"].split("; ")
    assert attributes[0].startswith("faceserver_session=")
    assert {"Path=/", "HttpOnly", "SameSite=Strict"} < set(attributes)
    assert "Secure" not in attributes
    assert answer.headers["Cache-Control"] == "no-store"
    shown = answer.json()
    assert shown == (await gateway.get("/session", headers=page)).json()
    assert (shown["subject"], shown["name"], shown["signed_in"]) == (f"key:{record.id}", "ann", True)
    assert (shown["directories"], shown["default_directory"]) == (["acme"], "acme")
    assert datetime.fromisoformat(shown["expires_at"]) == expires
    assert text not in answer.text
    value = page["Cookie"].partition("=")[2]
    stored = await connection.fetch("SELECT sessions::text FROM sessions WHERE key = $1", record.id)
    assert len(stored) == 1
    assert value not in str(stored)
    assert await status(gateway, "GET", "/directories", page) == 200
    assert await status(gateway, "GET", "/keys", page) == 403
    assert await status(gateway, "GET", "/directories/other", page) == 404
    assert await status(gateway, "DELETE", "/session", page) == 204
    entries = "SELECT action FROM audit WHERE subject = $1 AND outcome = 'ok' ORDER BY id"
    recorded = [row["action"] for row in await connection.fetch(entries, f"key:{record.id}")]
    assert recorded == ["POST /session", "DELETE /session"]


async def test_forms_sign_in_too(gateway, connection):
    _, text = await made(connection, directories=("acme", "beta"))
    for sent in ({"data": {"key": text}}, {"files": {"key": (None, text)}}):
        answer = await gateway.post("/session", headers=SAME, **sent)
        gateway.cookies.clear()
        assert answer.status_code == 201
        assert answer.json()["default_directory"] is None
    for form in ({"other": "x"}, {"key": ""}):
        assert await status(gateway, "POST", "/session", SAME, data=form) == 400
    too_long = await gateway.post("/session", headers=SAME, data={"key": "x" * 70_000})
    assert (too_long.status_code, too_long.json()["code"]) == (400, "invalid-form")
    for body in ({}, {"key": text, "name": "x"}):
        assert await status(gateway, "POST", "/session", SAME, json=body) == 400
    plain = {"content": f'{{"key":"{text}"}}', "headers": SAME | {"Content-Type": "text/plain"}}
    assert (await gateway.post("/session", **plain)).status_code == 415
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert await status(gateway, "POST", "/session", foreign, data={"key": text}) == 403


async def test_changes_need_the_token_and_the_own_origin(gateway, connection):
    _, text = await made(connection)
    page, _ = await signed_in(gateway, text)
    other, _ = await signed_in(gateway, text)
    own = f"http://{gateway.base_url.netloc.decode()}"
    cookie, token = {"Cookie": page["Cookie"]}, {CSRF: page[CSRF]}
    path = "/directories/acme/persons/ann"
    for headers in (
        {},
        token,
        SAME,
        SAME | {CSRF: ""},
        SAME | {CSRF: "ö".encode()},
        SAME | {CSRF: other[CSRF]},
        token | {"Sec-Fetch-Site": "none"},
        token | {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
        token | {"Origin": "null"},
        token | {"Origin": own.replace("http:", "https:")},
    ):
        answer = await gateway.put(path, headers=cookie | headers, json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf-token-wrong"), headers
    for headers in (SAME, {"Origin": own}, SAME | {"Origin": own}):
        # It gets as far as its scope: such a key may not make directories.
        assert await status(gateway, "PUT", path, cookie | token | headers, json={}) in {200, 201, 404}
    for site in ("same-site", "cross-site"):  # as if there were no cookie
        assert await status(gateway, "GET", "/directories", page | {"Sec-Fetch-Site": site}) == 401
        assert await status(gateway, "PUT", path, page | {"Sec-Fetch-Site": site}, json={}) in {401, 403}


async def test_a_key_in_the_headers_counts_before_the_cookie(gateway, connection):
    _, text = await made(connection)
    _, admin = await made(connection, ["admin"], ["*"])
    page, _ = await signed_in(gateway, text)
    both = {"Cookie": page["Cookie"], "Authorization": f"Bearer {admin}"}
    shown = (await gateway.get("/session", headers=both)).json()
    assert (shown["directories"], shown["signed_in"], shown["csrf_token"]) == (["*"], False, None)
    assert await status(gateway, "PUT", "/directories/gamma", both, json={}) in {200, 201}
    assert await status(gateway, "GET", "/session", both | {"Authorization": "Bearer x"}) == 401


async def test_signing_out_ends_the_session_on_every_gateway(gateway, settings, connection):
    _, text = await made(connection)
    page, _ = await signed_in(gateway, text)
    kept, _ = await signed_in(gateway, text)
    async with serving(create_app(settings)) as second:
        assert await status(second, "GET", "/session", page) == 200
        assert await status(gateway, "DELETE", "/session", {"Cookie": page["Cookie"]}) == 403
        answer = await gateway.delete("/session", headers=page)
        assert answer.status_code == 204
        assert "Max-Age=0" in answer.headers["Set-Cookie"]
        for each in (gateway, second):
            await until(partial(is_ended, each, page))
            assert await status(each, "GET", "/session", kept) == 200
    assert await status(gateway, "DELETE", "/session", page) == 204
    again, _ = await signed_in(gateway, text, Cookie=kept["Cookie"])
    assert await is_ended(gateway, kept)
    assert await status(gateway, "GET", "/session", again) == 200


async def test_a_session_ends_with_its_key(gateway, connection):
    await made(connection)  # without any usable key all calls say so instead
    revoked, text = await made(connection)
    page, _ = await signed_in(gateway, text)
    assert await status(gateway, "GET", "/session", page) == 200
    await records.revoke(connection, revoked.id, OPEN)
    await until(partial(is_ended, gateway, page))
    expiring, text = await made(connection)
    page, _ = await signed_in(gateway, text)
    await connection.execute("UPDATE keys SET expires_at = now() WHERE id = $1", expiring.id)
    await until(partial(is_ended, gateway, page))
    assert await status(gateway, "GET", "/version", page) == 200


async def test_old_and_surplus_sessions_end(gateway, settings, connection):
    record, text = await made(connection)
    pages = [(await signed_in(gateway, text))[0] for _ in range(3)]
    idle, old, _ = (page["Cookie"].partition("=")[2] for page in pages)
    await connection.execute(
        """
        UPDATE sessions SET last_used_at = CASE id WHEN $1 THEN now() - interval '13 h' ELSE now() END,
            expires_at = CASE id WHEN $2 THEN now() ELSE expires_at END WHERE key = $3
        """,
        *(SessionCookie(value).id for value in (idle, old)),
        record.id,
    )
    async with serving(create_app(settings)) as second:
        assert [await is_ended(second, page) for page in pages] == [True, True, False]
    await connection.execute(
        "INSERT INTO sessions (id, subject, key, last_used_at, expires_at)"
        " SELECT encode(sha256(n::text::bytea), 'hex'), $1, $2, now() + interval '1 h', now() + interval '2 h'"
        " FROM generate_series(1, $3) AS n",
        f"key:{record.id}",
        record.id,
        MAX_SESSIONS - 1,
    )
    last, _ = await signed_in(gateway, text)
    assert await status(gateway, "GET", "/session", last) == 200
    await until(partial(is_ended, gateway, pages[2]))
    assert await connection.fetchval("SELECT count(*) FROM sessions WHERE key = $1", record.id) == MAX_SESSIONS


@pytest.mark.parametrize(
    ("headers", "cookie"),
    [
        ({}, ("faceserver_session", "Path=/")),
        ({"X-Forwarded-Proto": "https"}, ("__Host-faceserver_session", "Path=/; Secure")),
        ({"X-Forwarded-Prefix": "/faces"}, ("faceserver_session", "Path=/faces")),
        (
            {"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/faces", "X-Forwarded-For": "192.0.2.7"},
            ("__Secure-faceserver_session", "Path=/faces; Secure"),
        ),
    ],
)
async def test_the_cookie_fits_the_address(gateway, connection, headers, cookie):
    _, text = await made(connection)
    page, answer = await signed_in(gateway, text, **headers)
    name, attributes = cookie
    sent = answer.headers["Set-Cookie"]
    assert sent.startswith(f"{name}=")
    assert set(attributes.split("; ")) <= set(sent.split("; "))
    assert ("Secure" in sent.split("; ")) == ("Secure" in attributes)
    assert "Domain" not in sent
    assert await status(gateway, "GET", "/session", page | headers) == 200
    others = {"faceserver_session", "__Host-faceserver_session", "__Secure-faceserver_session"} - {name}
    value = page["Cookie"].partition("=")[2]
    planted = "; ".join(f"{other}={value}" for other in others)
    assert await status(gateway, "GET", "/session", headers | {"Cookie": planted}) == 401
    twice = f"{page['Cookie']}; {name}={'x' * 43}"
    assert await status(gateway, "GET", "/session", page | headers | {"Cookie": twice}) == 401
    origin = f"http{'s' if 'Secure' in attributes else ''}://{gateway.base_url.netloc.decode()}"
    proved = page | headers | {"Origin": origin}
    del proved["Sec-Fetch-Site"]  # as old browsers send it
    assert await status(gateway, "DELETE", "/session", proved) == 204


async def test_wrong_keys_and_made_up_cookies_are_attempts(settings, connection):
    _, text = await made(connection)
    async with serving(create_app(settings)) as gateway:
        page, _ = await signed_in(gateway, text)
        assert await status(gateway, "GET", "/session", page) == 200
        await gateway.delete("/session", headers=page)
        for _ in range(MAX_ATTEMPTS + 5):  # a page that has not noticed
            assert await is_ended(gateway, page)
        live, _ = await signed_in(gateway, text)
        assert await status(gateway, "GET", "/session", live) == 200
        for number in range(MAX_ATTEMPTS):
            if number % 2:
                assert await status(gateway, "POST", "/session", SAME, json={"key": new_text(new_id())}) in {401, 429}
            else:
                assert await status(gateway, "GET", "/session", {"Cookie": f"faceserver_session={number:043}"}) in {
                    *(401, 429)
                }
        refused = await gateway.post("/session", headers=SAME, json={"key": "x"})
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-attempts")
        assert await status(gateway, "GET", "/session", {"Cookie": f"faceserver_session={'y' * 43}"}) == 429
        assert await status(gateway, "GET", "/session", live) == 200


async def test_a_session_has_the_limits_of_its_key(gateway, connection):
    record, text = await made(connection)
    await connection.execute("""UPDATE keys SET limits = '{"requests_per_minute": 3}' WHERE id = $1""", record.id)
    page, _ = await signed_in(gateway, text)
    assert await status(gateway, "GET", "/session", page) == 200
    assert await status(gateway, "GET", "/session", {"x-api-key": text}) == 200
    assert await status(gateway, "GET", "/session", page) == 429
    assert await status(gateway, "POST", "/session", SAME, json={"key": text}) == 429
    assert await status(gateway, "DELETE", "/session", page) == 204


async def test_photographs_have_plain_urls_for_sessions(gateway, connection, ann):
    _, text = await made(connection)
    _, recognizer = await made(connection, ["recognize", "enrol"])
    form = {"data": {"person": "ann"}, "files": {"file": ann}}
    page, _ = await signed_in(gateway, text)
    learned = (await gateway.post("/learn", headers=page, **form)).json()
    face = (await gateway.get("/directories/acme/faces", headers=page)).json()["items"][0]
    for url in (learned["url"], face["crop"], face["image"]):
        assert "?" not in url
        assert await status(gateway, "GET", url, {"Cookie": page["Cookie"]}) == 200
        assert await status(gateway, "GET", url, {}) == 401
        assert await status(gateway, "GET", url, page | {"Sec-Fetch-Site": "same-site"}) == 401
    door, _ = await signed_in(gateway, recognizer)
    sent = (await gateway.post("/learn", headers=door, **form)).json()
    assert "signature=" in sent["url"]
    assert await status(gateway, "GET", sent["url"], {"Cookie": door["Cookie"]}) == 200
    assert await status(gateway, "GET", learned["url"], door) == 403


async def test_without_required_keys_a_session_still_restricts(settings, connection):
    _, text = await made(connection)
    async with serving(create_app(settings.model_copy(update={"require_keys": None}))) as gateway:
        shown = (await gateway.get("/session")).json()
        assert (shown["subject"], shown["keys_required"], shown["csrf_token"]) == ("open", False, None)
        assert (shown["directories"], shown["default_directory"], shown["name"]) == (["*"], "default", None)
        page, _ = await signed_in(gateway, text)
        assert (await gateway.get("/session", headers=page)).json()["directories"] == ["acme"]
        assert await status(gateway, "GET", "/keys", page) == 403
        assert await status(gateway, "DELETE", "/session", page) == 204
        await until(partial(_is_open, gateway, page))
        assert await status(gateway, "DELETE", "/session", {}) == 204


async def _is_open(gateway, headers):
    return (await gateway.get("/session", headers=headers)).json()["subject"] == "open"


async def test_every_route_takes_the_cookie_for_the_key(settings, connection):
    """Safe calls are answered as with the key itself; changes are not made without the token."""
    record, text = await made(connection, ["read", "import"])
    app = create_app(settings)
    async with serving(app) as gateway:
        page, _ = await signed_in(gateway, text)
        cookie = {"Cookie": page["Cookie"]}
        routes = [route for route in app.routes if isinstance(route, GuardedRoute)]
        calls = [(route.path, method) for route in routes for method in sorted(route.methods or ())]
        assert len(calls) > 40
        for path, method in calls:
            url = re.sub(r"\{\w+\}", "acme", path)
            if method != "GET":
                if (method, path) != ("POST", "/session"):
                    assert await status(gateway, method, url, cookie) == 403, (method, path)
                continue
            with_key = await gateway.get(url, headers={"x-api-key": text})
            by_cookie = await gateway.get(url, headers=cookie)
            assert with_key.status_code == by_cookie.status_code, path
            if by_cookie.headers.get("Content-Type") == "application/problem+json":
                assert with_key.json()["code"] == by_cookie.json()["code"], path
        assert await connection.fetchval("SELECT count(*) FROM sessions WHERE key = $1", record.id) == 1
