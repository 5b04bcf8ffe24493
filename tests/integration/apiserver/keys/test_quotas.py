"""Quotas of keys: over several gateways, restarts and jobs."""

import asyncio
import io
import re
import zipfile
from datetime import UTC, datetime
from functools import partial

import pytest
from typer.testing import CliRunner

from apiserver.access.limits import Limit, Quota
from apiserver.access.scopes import Scope
from apiserver.database.opening import open_database
from apiserver.keys.usage import Usage
from apiserver.problems import DatabaseUnavailable
from faceserver import AsyncClient
from faceserver.commands.app import app
from tests.integration.apiserver.http.callers import Callers, key_id
from tests.integration.apiserver.worker_process import working
from tests.waiting import until

ALL = frozenset(Scope)


@pytest.fixture
def callers(database) -> Callers:
    return Callers(database)


@pytest.fixture
def locked(settings):
    return settings.model_copy(update={"require_keys": True, "key_requests_per_day": 1_000_000})


async def usage_of(gateway, headers, key=None):
    answer = (await gateway.get(f"/keys/{key}/usage" if key else "/usage", headers=headers)).json()
    return {each["kind"]: each for each in answer["quotas"]}


def sent(directory, photo):
    return {"data": {"directory": directory, "person": "ann"}, "files": {"file": photo}}


@pytest.mark.timing
async def test_a_quota_holds_over_gateways_and_restarts(serve, locked, callers):
    few, many = await callers.add(ALL, "acme", requests_per_day=3), await callers.add(ALL, "acme")
    first, second = await serve(locked), await serve(locked)
    for left in (2, 1):
        answer = await first.get("/directories", headers=few)
        assert answer.headers["ratelimit-policy"] == '"requests-per-day";q=3;w=86400'
        assert answer.headers["ratelimit"].startswith(f'"requests-per-day";r={left};t=')

    async def is_known_to_the_second():
        return (await usage_of(second, few))["requests"]["spent"] == 2

    await until(is_known_to_the_second)
    assert (await second.get("/directories", headers=few)).status_code == 200

    async def is_written():
        return (await usage_of(first, few))["requests"]["spent"] == 3

    await until(is_written)
    for gateway in (first, second, await serve(locked)):
        refused = await gateway.post("/learn", headers=few, content=b"unread")
        assert (refused.status_code, refused.json()["code"]) == (429, "quota-spent")
        assert refused.json()["status"].startswith("The key has spent its 3 requests of today")
        assert 1 <= int(refused.headers["retry-after"]) <= 86_400
        assert refused.headers["ratelimit"].startswith('"requests-per-day";r=0;t=')
        assert (await gateway.get("/directories", headers=many)).status_code == 200

        assert (await gateway.get("/health/live")).status_code == 200
        assert (await gateway.get("/usage", headers=few)).status_code == 200
        erased = await gateway.delete("/directories/acme/persons/none", headers=few)
        assert erased.json()["code"] == "directory-not-found"
        assert (await gateway.get("/deletions/none", headers=few)).json()["code"] == "deletion-not-found"


async def test_what_was_spent_yesterday_is_left_again_today(serve, locked, callers, database):
    few = await callers.add(ALL, "acme", requests_per_day=1)
    await database.execute(
        "INSERT INTO key_usage VALUES ($1, (now() AT TIME ZONE 'UTC')::date - 1, 'requests', 7)", key_id(few)
    )
    gateway = await serve(locked)
    assert (await gateway.get("/directories", headers=few)).status_code == 200
    assert (await gateway.get("/directories", headers=few)).json()["code"] == "quota-spent"
    answer = (await gateway.get("/usage", headers=few)).json()
    assert datetime.fromisoformat(answer["resets_at"]).astimezone(UTC).time().isoformat() == "00:00:00"


async def test_what_calls_spend_is_counted_and_each_quota_refuses_the_calls_that_spend_it(
    serve, locked, callers, ann, bob
):
    mine = await callers.add(ALL, "acme")
    gateway = await serve(locked)
    assert (await gateway.post("/learn", headers=mine, **sent("acme", ann))).status_code == 201
    learned = await usage_of(gateway, mine)
    assert learned["faces"]["spent"] == learned["stored_faces"]["spent"] == 1
    assert learned["stored_bytes"]["spent"] > 1_000
    assert learned["lane_seconds"]["spent"] > 0
    assert learned["database_seconds"]["spent"] > 0

    recognized = await gateway.post("/recognize", headers=mine, data={"directory": "acme"}, files={"file": bob})
    assert recognized.json()["url"]
    then = await usage_of(gateway, mine)
    assert then["faces"]["spent"] == 2
    assert then["stored_faces"]["spent"] == 1
    assert then["stored_bytes"]["spent"] > learned["stored_bytes"]["spent"]
    unreadable = await gateway.post("/recognize", headers=mine, data={"directory": "acme"}, files={"file": bob[:5000]})
    assert unreadable.status_code == 422
    assert (await usage_of(gateway, mine))["lane_seconds"]["spent"] > then["lane_seconds"]["spent"]

    async def limited(**limits):
        await callers.limit(mine, **limits)

        async def holds():
            answer = (await gateway.get("/usage", headers=mine)).json()
            return any(each["limit"] in limits.values() for each in answer["quotas"])

        await until(holds)

    async def codes():
        learn = await gateway.post("/learn", headers=mine, **sent("acme", bob))
        detect = await gateway.post("/detect", headers=mine, files={"file": bob})
        listed = await gateway.get("/directories", headers=mine)
        return [each.json().get("code") for each in (learn, detect, listed)]

    spent = "quota-spent"
    await limited(lane_seconds_per_day=1e-6)
    assert await codes() == [spent, spent, None]
    await limited(stored_faces_per_day=1)
    assert await codes() == [spent, None, None]
    await limited(database_seconds_per_day=1e-9)
    assert await codes() == [spent, spent, spent]
    await limited(stored_bytes_per_day=1)
    assert await codes() == [spent, None, None]
    unkept = await gateway.post("/recognize", headers=mine, data={"directory": "acme"}, files={"file": bob})
    assert unkept.status_code == 201
    assert unkept.json()["url"] is None
    assert [each["code"] for each in unkept.json()["warnings"]] == ["photograph-not-kept"]


async def test_usage_is_shown_to_the_key_itself_and_to_admins_who_may_do_as_much(serve, locked, callers):
    gateway = await serve(locked)
    mine, other = await callers.add(ALL, "acme", lane_seconds_per_day=1.5), await callers.add(ALL, "beta")
    await gateway.get("/directories", headers=mine)
    admin = await callers.add(ALL, "acme", "beta")
    shown = await usage_of(gateway, admin, key_id(mine))
    own = await usage_of(gateway, mine)
    assert own.pop("database_seconds")["spent"] >= shown.pop("database_seconds")["spent"] > 0
    assert shown == own
    assert (shown["requests"]["spent"], shown["requests"]["limit"]) == (1, 1_000_000)
    assert shown["lane_seconds"] == {"kind": "lane_seconds", "spent": 0, "limit": 1.5, "left": 1.5}
    hidden = await gateway.get(f"/keys/{key_id(mine)}/usage", headers=other)
    assert hidden.json()["code"] == "key-not-found"
    reader = await callers.add(frozenset({Scope.READ}), "acme")
    assert (await gateway.get(f"/keys/{key_id(mine)}/usage", headers=reader)).json()["code"] == "scope-missing"
    assert (await gateway.get("/usage", headers=reader)).status_code == 200


async def test_clients_and_the_command_show_the_same(serve, locked, callers):
    gateway = await serve(locked)
    mine, admin = await callers.add(ALL, "acme", faces_per_day=1_000), await callers.add(ALL, "acme")
    await gateway.get("/directories", headers=mine)
    url = str(gateway.base_url)
    async with AsyncClient(url, key=mine["x-api-key"]) as own, AsyncClient(url, key=admin["x-api-key"]) as other:
        usage, same = await own.usage(), await other.usage(key_id(mine))
    assert usage.key == same.key == key_id(mine)
    shown = {quota.kind: (quota.spent, quota.limit, quota.left) for quota in usage.quotas}
    assert shown["faces"] == (0, 1_000, 1_000)
    assert shown["requests"] == (1, 1_000_000, 999_999)
    assert {limit.name: limit.limit for limit in usage.limits} == {
        **dict.fromkeys(("requests_per_minute", "requests_in_progress", "waiting_jobs", "directories"))
    }
    for arguments in (["usage"], ["usage", key_id(mine)]):
        environment = {"FACESERVER_KEY": (admin if arguments[1:] else mine)["x-api-key"], "COLUMNS": "100"}
        run = partial(CliRunner().invoke, app, [*arguments, "--url", url], env=environment)
        result = await asyncio.to_thread(run)
        assert result.exit_code == 0, result.output
        assert re.search(r"\n +faces +0 +1,000 +1,000 ", result.output)


async def test_callers_without_keys_are_not_counted(gateway, database):
    await gateway.get("/directories")
    answer = await gateway.get("/usage")
    assert answer.json()["code"] == "key-not-found"
    assert await database.fetchval("SELECT count(*) FROM key_usage") == 0


async def test_a_key_makes_no_more_directories_than_its_limit(serve, locked, callers, ann):
    gateway = await serve(locked)
    few = await callers.add(ALL, "one", "two", directories=1)
    assert (await gateway.put("/directories/one", headers=few, json={})).status_code == 201
    assert (await gateway.put("/directories/one", headers=few, json={})).status_code == 200
    refused = [
        await gateway.put("/directories/two", headers=few, json={}),
        await gateway.put("/directories/two/persons/ann", headers=few, json={}),
        await gateway.post("/learn", headers=few, **sent("two", ann)),
        await gateway.post("/directories/two/imports", headers=few, files={"file": b"unread"}),
    ]
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(403, "too-many-directories")}
    assert (await gateway.post("/learn", headers=few, **sent("one", ann))).status_code == 201


async def test_a_key_has_no_more_waiting_jobs_than_its_limit(serve, locked, callers):
    gateway = await serve(locked)
    few, other = await callers.add(ALL, "acme", waiting_jobs=1), await callers.add(ALL, "acme")
    await gateway.put("/directories/acme", headers=other, json={})
    assert (await gateway.post("/directories/acme/exports", headers=few)).status_code == 202
    refused = [
        await gateway.post("/directories/acme/exports", headers=few),
        await gateway.post("/directories/acme/imports", headers=few, files={"file": b"unread"}),
    ]
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(429, "too-many-jobs")}
    assert {each.headers["retry-after"] for each in refused} == {"10"}
    keyed = few | {"idempotency-key": "once"}
    assert (await gateway.post("/directories/acme/exports", headers=keyed)).json()["code"] == "too-many-jobs"
    await callers.limit(few, waiting_jobs=2)

    async def is_started():
        return (await gateway.post("/directories/acme/exports", headers=keyed)).status_code == 202

    await until(is_started)
    assert (await gateway.post("/directories/acme/exports", headers=other)).status_code == 202


@pytest.mark.timing
async def test_the_work_of_a_job_is_its_key_s_and_waits_while_a_quota_is_spent(serve, locked, callers, database, bob):
    gateway = await serve(locked)
    mine = await callers.add(ALL, "acme")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("bob/1.jpg", bob)
    sent = {"file": ("people.zip", archive.getvalue())}
    job = (await gateway.post("/directories/acme/imports", headers=mine, files=sent)).json()["job"]
    before = await usage_of(gateway, mine)
    assert before["stored_bytes"]["spent"] >= len(archive.getvalue())
    await callers.limit(mine, stored_bytes_per_day=1)
    await until(partial(database.fetchval, "SELECT EXISTS (SELECT FROM key_usage WHERE kind = 'stored_bytes')"))
    async with working(locked):

        async def is_put_off():
            return await database.fetchval("SELECT max(attempts) FROM procrastinate_jobs WHERE queue_name = 'import'")

        await until(is_put_off)
        assert (await gateway.get(f"/jobs/{job}", headers=mine)).json()["state"] == "waiting"
        await callers.limit(mine)
        await database.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE queue_name = 'import'")

        async def is_done():
            return (await gateway.get(f"/jobs/{job}", headers=mine)).json()["state"] == "done"

        await until(is_done)
    after = await usage_of(gateway, mine)
    assert after["faces"]["spent"] == after["stored_faces"]["spent"] == 1
    assert after["lane_seconds"]["spent"] > 0
    assert after["stored_bytes"]["spent"] > before["stored_bytes"]["spent"]


async def test_nothing_is_lost_while_the_database_is_away_and_many_add_at_once(cable, database, database_url):
    async with (
        open_database(cable.url, pool_size=2, timeout_seconds=60) as cut,
        open_database(database_url, pool_size=2, timeout_seconds=60) as kept,
    ):
        one, other = Usage(cut, {Limit.FACES_PER_DAY: 10}), Usage(kept, {})
        one.count("a", Quota.FACES, 1)
        await cable.cut()
        with pytest.raises(DatabaseUnavailable):
            await one.write()
        one.count("a", Quota.FACES, 2)
        await cable.mend()
        await one.write()
        await one.write()
        assert await database.fetchval("SELECT amount FROM key_usage") == 3

        for _ in range(20):
            for usage in (one, other):
                for key in "cab":
                    usage.count(key, Quota.LANE_SECONDS, 0.5)
            await asyncio.gather(one.write(), other.write())
        spent = await database.fetch("SELECT key, amount FROM key_usage WHERE kind = 'lane_seconds' ORDER BY key")
        assert [tuple(row) for row in spent] == [("a", 20), ("b", 20), ("c", 20)]
        assert (await other.today("a"))[Quota.FACES] == 3
