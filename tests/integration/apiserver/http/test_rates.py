"""Limits of keys."""

import pytest

from apiserver.access.scopes import Scope
from tests.integration.apiserver.http.callers import Callers

ALL = frozenset(Scope)


@pytest.fixture
def callers(database) -> Callers:
    return Callers(database)


@pytest.fixture
async def locked(serve, settings):
    return await serve(settings.model_copy(update={"require_keys": True, "key_requests_per_minute": 100}))


async def test_a_key_has_its_own_rate_and_can_still_delete(locked, callers):
    few, many = await callers.add(ALL, "acme", requests_per_minute=2), await callers.add(ALL, "acme")
    for left in (1, 0):
        answer = await locked.get("/directories", headers=few)
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"requests";q=2;w=60'
        assert answer.headers["ratelimit"].startswith(f'"requests";r={left};t=')
    refused = await locked.post("/learn", headers=few, content=b"unread")
    assert refused.status_code == 429
    assert refused.json()["code"] == "too-many-requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60

    assert (await locked.get("/health/live", headers=few)).status_code == 200
    assert (await locked.delete("/directories/acme/persons/none", headers=few)).json()["code"] == "directory-not-found"
    assert (await locked.get("/directories", headers=many)).headers["ratelimit-policy"] == '"requests";q=100;w=60'


async def test_one_key_has_a_share_of_the_requests_in_progress(locked, callers):
    one, other = await callers.add(ALL, "acme", requests_in_progress=1), await callers.add(ALL, "acme")
    multipart = {"content-type": "multipart/form-data; boundary=b"}
    codes: list[int] = []

    async def body():
        yield b"--b\r\n"
        for headers in (one, other):
            answer = await locked.get("/directories", headers=headers)
            codes.append(answer.status_code)
        yield b"--b--\r\n"

    await locked.post("/learn", headers=one | multipart, content=body())
    assert codes == [429, 200]
    assert (await locked.get("/directories", headers=one)).status_code == 200
