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
    assert (await locked.get(f"{plain}/preview", headers=ours)).headers["content-type"] == "image/jpeg"
    assert await code(locked, f"{plain}/preview", headers=theirs) == "file-not-found"
    assert await code(locked, f"{plain}/preview", headers=blind) == "scope-missing"
    assert await code(locked, f"{plain}/preview?{query}") == "link-invalid"

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


async def test_who_sends_no_photograph_sees_none(locked, callers, ann, bob):
    ours = await callers.add(ALL, "acme")
    editor = await callers.add(frozenset({Scope.READ, Scope.EDIT}), "acme")
    await learned(locked, ours, ann)
    await locked.post("/learn", data={"person": "bob", "directory": "acme"}, files={"file": bob}, headers=ours)
    persons = "/directories/acme/persons"

    [seen, _] = (await locked.get(persons, headers=ours)).json()["items"]
    assert (await locked.get(seen["crop"])).status_code == 200
    assert {each["crop"] for each in (await locked.get(persons, headers=editor)).json()["items"]} == {None}
    merged = (await locked.post(f"{persons}/ann/merge", json={"from": ["bob"]}, headers=editor)).json()
    [past] = (await locked.get("/directories/acme/merges", headers=editor)).json()["items"]
    undone = await locked.post(f"{persons}/ann/split", json={"merge": merged["merge"]}, headers=editor)
    renamed = (await locked.patch(f"{persons}/bob", json={"display_name": "Bob"}, headers=editor)).json()
    assert [merged["crop"], past["persons"][0]["crop"], renamed["crop"]] == [None] * 3
    assert [each["crop"] for each in undone.json()["persons"]] == [None]
    events = (await locked.get("/directories/acme/activity?kind=photograph", headers=editor)).json()["items"]
    assert {each["photograph"]["image"] for each in events} == {None}
    assert {face["crop"] for each in events for face in each["photograph"]["learned"]} == {None}
