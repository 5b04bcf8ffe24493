"""Limits of keys."""

import pytest

from apiserver.access.scopes import Scope
from tests.integration.apiserver.http.callers import Listed, requiring_keys

ALL = frozenset(Scope)


@pytest.fixture
def callers() -> Listed:
    return Listed()


@pytest.fixture
async def locked(settings, callers):
    async with requiring_keys(settings.model_copy(update={"key_requests_per_minute": 100}), callers) as client:
        yield client


async def test_a_key_has_its_own_rate_and_can_still_delete(locked, callers):
    few, many = callers.add("few", ALL, "acme", requests_per_minute=2), callers.add("many", ALL, "acme")
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
    one, other = callers.add("one", ALL, "acme", requests_in_progress=1), callers.add("other", ALL, "acme")
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
