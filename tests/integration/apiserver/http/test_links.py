"""Signed links to photographs, from the answer to the photograph."""

from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from apiserver.access.scopes import Scope
from tests.integration.apiserver.http.callers import Callers, key_id
from tests.waiting import until

READS = frozenset({Scope.READ, Scope.IMAGES})
ALL = frozenset(Scope)


@pytest.fixture
def callers(database) -> Callers:
    return Callers(database)


@pytest.fixture
async def locked(serve, settings):
    return await serve(settings.model_copy(update={"require_keys": True}))


async def learned(gateway: httpx.AsyncClient, headers: dict[str, str], photo: bytes, **more: str) -> httpx.Response:
    data = {"person": "ann", "directory": "acme"}
    answer = await gateway.post("/learn", data=data, files={"file": photo}, headers=headers | more)
    assert answer.status_code == 201, answer.text
    return answer


def changed(url: str, **values: str) -> str:
    parts = urlsplit(url)
    query = {name: value[0] for name, value in parse_qs(parts.query).items()} | values
    return parts._replace(query=urlencode(query)).geturl()


async def code(gateway: httpx.AsyncClient, url: str, **options) -> str:
    found: str = (await gateway.get(url, **options)).json()["code"]
    return found


async def test_links_open_photographs_and_nothing_else(locked, callers, ann, database):
    ours, theirs = await callers.add(ALL, "acme"), await callers.add(ALL, "other")
    blind = await callers.add(frozenset({Scope.READ, Scope.ENROL}), "acme")
    url = (await learned(locked, ours, ann)).json()["url"]
    plain, _, query = url.partition("?")

    shown = await locked.get(url)
    assert shown.status_code == 200
    assert shown.headers["content-security-policy"].startswith("sandbox")
    assert shown.headers["cache-control"].startswith("private")
    assert (await locked.head(url)).status_code == 200
    assert (await locked.get(url.replace(".jpg?", "%2Ejpg?"))).status_code == 200
    assert (await locked.get(plain, headers=ours)).content == shown.content

    assert await code(locked, plain) == "key-missing"
    assert await code(locked, plain, headers=theirs) == "file-not-found"
    assert await code(locked, "/files/none.jpg", headers=theirs) == "file-not-found"
    assert await code(locked, plain, headers=blind) == "scope-missing"
    assert await code(locked, changed(url, expires="1")) == "link-invalid"
    assert await code(locked, changed(url, key=key_id(theirs))) == "link-invalid"
    assert await code(locked, changed(url, kid="1")) == "link-invalid"
    assert await code(locked, changed(url, signature="0" * 64)) == "link-invalid"
    assert await code(locked, f"/directories/acme?{query}") == "key-missing"

    [face] = (await locked.get("/directories/acme/faces", headers=ours)).json()["items"]
    for link in (face["image"], face["crop"]):
        assert (await locked.get(link)).status_code == 200
    assert await code(locked, face["crop"].replace("/crop?", "/image?")) == "link-invalid"
    assert await code(locked, f"{face['crop'].partition('?')[0]}?{query}") == "link-invalid"
    [unseen] = (await locked.get("/directories/acme/faces", headers=blind)).json()["items"]
    assert (unseen["image"], unseen["crop"]) == (None, None)

    await database.execute("UPDATE images SET expires_at = now()")
    assert await code(locked, url) == "file-not-found"


async def test_who_sends_a_photograph_may_see_it_until_the_key_is_revoked(locked, callers, ann, database):
    sender = await callers.add(frozenset({Scope.ENROL}), "acme")
    first = await learned(locked, sender, ann, **{"Idempotency-Key": "one"})
    again = await learned(locked, sender, ann, **{"Idempotency-Key": "one"})
    assert again.headers["idempotency-replayed"] == "true"
    stored = await database.fetchval("SELECT body FROM keyed_requests")
    assert b"signature" not in stored
    for answer in (first, again):
        assert (await locked.get(answer.json()["url"])).content
        assert (await locked.get(answer.json()["url"])).status_code == 200

    await callers.add(ALL, "acme")  # without any key that works, all calls are 503 no-keys
    await callers.revoke(sender)

    async def is_refused() -> bool:
        refused: bool = (await locked.get(first.json()["url"])).status_code == 403
        return refused

    await until(is_refused)
    assert await code(locked, first.json()["url"]) == "link-invalid"
