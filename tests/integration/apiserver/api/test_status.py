"""`GET /status`: what a gateway did lately, and the state of what it uses."""

import pytest

from apiserver.app import create_app
from tests.calls import accepted
from tests.integration.apiserver.conftest import patient, serving
from tests.ports import free_port
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_requests_vectorizers_and_search_are_told(shared_gateway, ann):
    accepted(await shared_gateway.post("/learn", data={"person": "ann"}, files={"file": ann}))
    accepted(await shared_gateway.post("/recognize", files={"file": ann}))

    async def told():
        return (await shared_gateway.get("/status")).json()

    async def are_counted():
        status = await told()
        return status["recognize"]["requests"] and status["learn"]["requests"]

    await until(are_counted)
    status = await told()
    version = (await shared_gateway.get("/version")).json()["version"]
    active = (await shared_gateway.get("/models")).json()["active"]
    for group in ("recognize", "learn"):
        recent = status[group]
        assert (recent["requests"], recent["refused"]) == (1, 0)
        assert recent["served_per_second"] == pytest.approx(1 / recent["seconds"], rel=0.02)
        assert 0 < recent["p50_seconds"] <= recent["p99_seconds"]
    assert status["version"] == version
    assert status["photographs"] == {"in_progress": 0, "limit": 256}
    [vectorizer] = status["vectorizers"]
    assert (vectorizer["state"], vectorizer["detail"], vectorizer["in_flight"]) == ("ready", None, 0)
    assert vectorizer["lanes"] >= 1
    assert (vectorizer["busy"], vectorizer["waiting"]) == (0, 0)
    assert {name: vectorizer[name] for name in active} == active
    assert status["search"] == {"checked": 0, "right": 0, "recall": None}


async def test_jobs_that_are_not_done_are_counted(shared_gateway):
    await shared_gateway.put("/directories/acme", json={})
    for _ in range(2):
        assert (await shared_gateway.post("/directories/acme/exports", json={})).status_code == 202

    jobs = (await shared_gateway.get("/status")).json()["jobs"]
    assert {"kind": "export", "running": 0, "waiting": 2, "postponed": 0} in jobs


async def test_what_does_not_answer_is_told(shared_database_url, vectorizer_url, tmp_path):
    absent = f"http://127.0.0.1:{free_port()}"
    settings = patient(shared_database_url, f"{vectorizer_url},{absent}", tmp_path)
    async with serving(create_app(settings)) as gateway:
        states = {each["url"]: each for each in (await gateway.get("/status")).json()["vectorizers"]}

    assert states[vectorizer_url]["state"] == "ready"
    assert states[absent]["state"] == "unavailable"
    assert states[absent]["detail"] == "The vectorizer is unavailable."
    assert [states[absent][name] for name in ("lanes", "busy", "waiting", "embedder")] == [None] * 4
