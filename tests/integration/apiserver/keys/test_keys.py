"""Keys: who is let in, what /keys tells, and that revocation reaches every gateway."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg
import pytest
from pydantic import SecretStr

from apiserver.access.grants import OPEN
from apiserver.access.scopes import Scope
from apiserver.keys import records
from apiserver.keys.attempts import MAX_ATTEMPTS
from apiserver.keys.secrets import new_id, new_text
from apiserver.keys.wishes import read_reach, read_scopes
from bench.harness.pooler import pooled
from tests.waiting import until


async def made(connection, scopes=("admin",), directories=("*",), **more):
    reach = read_reach(directories)
    wanted = records.Wanted("test", read_scopes(scopes, reach), reach, **more)
    return await records.create(connection, wanted, "test")


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def required(settings):
    return settings.model_copy(update={"require_keys": True})


@pytest.fixture
async def admin(database):
    _, text = await made(database)
    return bearer(text)


async def test_without_any_key_every_call_names_the_command(serve, required, database):
    gateway = await serve(required)
    for path in ("/directories", "/version", "/recognize"):
        answer = await gateway.get(path, headers=bearer("fs_none"))
        assert (answer.status_code, answer.json()["code"]) == (503, "no-keys")
    ready = await gateway.get("/health/ready")
    assert ready.status_code == 503
    assert "python -m apiserver.keys create" in ready.json()["detail"]
    assert (await gateway.get("/health/live")).status_code == 200
    _, text = await made(database)
    await until(lambda: _succeeds(gateway, bearer(text)))
    assert (await gateway.get("/health/ready")).status_code == 200


async def _succeeds(gateway, headers):
    return (await gateway.get("/directories", headers=headers)).is_success


async def test_who_is_let_in(serve, required, database, admin):
    gateway = await serve(required)
    key = admin["Authorization"].removeprefix("Bearer ")
    _, expired = await made(database, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    other = new_text(new_id())
    twice = [("Authorization", f"Bearer {key}"), ("x-api-key", other)]
    refused = [{}, bearer(expired), bearer(other), bearer("x"), {"Authorization": f"Basic {key}"}, twice]
    for headers in [*refused, {"Authorization": f"Basic {key}", "x-api-key": key}]:
        answer = await gateway.get("/directories", headers=headers)
        assert answer.status_code == 401, headers
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["code"] == ("key-missing" if not headers else "key-invalid")
    for headers in (admin, {"x-api-key": key}, {"Authorization": f"bearer {key}", "x-api-key": key}):
        assert (await gateway.get("/directories", headers=headers)).status_code == 200


async def test_wrong_keys_of_an_address_are_limited_and_right_ones_go_on(serve, required, admin):
    gateway = await serve(required)
    assert (await gateway.get("/directories", headers=admin)).status_code == 200
    for _ in range(MAX_ATTEMPTS):
        assert (await gateway.get("/directories", headers=bearer(new_text(new_id())))).status_code == 401
    answer = await gateway.get("/directories", headers=bearer(new_text(new_id())))
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-attempts")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert (await gateway.get("/directories", headers=admin)).status_code == 200
    assert (await gateway.get("/directories")).status_code == 401


async def test_right_keys_that_are_not_in_memory_work_where_somebody_guesses(serve, required, database, admin):
    gateway = await serve(required)
    _, earlier = await made(database)
    gone, ended = await made(database)
    await records.revoke(database, gone.id, OPEN)
    for _ in range(MAX_ATTEMPTS):
        assert (await gateway.get("/directories", headers=bearer(new_text(new_id())))).status_code == 401
    for text, status in ((earlier, 200), (ended, 429), (new_text(gone.id), 429), ("fs_x", 429)):
        assert (await gateway.get("/directories", headers=bearer(text))).status_code == status
    _, later = await made(database)
    await until(lambda: _status(gateway, bearer(later), 200))
    assert (await gateway.get("/directories", headers=admin)).status_code == 200


async def test_an_open_gateway_heeds_only_keys(gateway, database):
    record, text = await made(database, scopes=("recognize",), directories=("acme",))
    assert (await gateway.get("/directories", headers=bearer(text))).status_code == 403
    for headers in ({}, bearer("somebody-elses"), {"Authorization": "Basic YTpi"}):
        assert (await gateway.get("/directories", headers=headers)).status_code == 200
    await records.revoke(database, record.id, OPEN)
    await until(lambda: _status(gateway, bearer(text), 401))


async def _status(gateway, headers, status):
    return (await gateway.get("/directories", headers=headers)).status_code == status


@pytest.mark.timing
async def test_revocation_reaches_every_gateway(serve, required, database, admin):
    gateways = [await serve(required), await serve(required)]
    record, text = await made(database)
    for gateway in gateways:
        assert (await gateway.get("/directories", headers=bearer(text))).status_code == 200
    assert (await gateways[0].delete(f"/keys/{record.id}", headers=admin)).status_code == 200
    for gateway in gateways:
        await until(partial(_status, gateway, bearer(text), 401))
        assert (await gateway.get("/directories", headers=admin)).status_code == 200


@pytest.mark.timing
async def test_revocation_reaches_a_gateway_behind_a_pooler(serve, required, database, tmp_path, admin):
    (tmp_path / "pooler").mkdir()
    async with pooled(required.database_url.get_secret_value(), tmp_path / "pooler") as deaf:
        hears = await serve(required)
        hears_not = await serve(required.model_copy(update={"database_url": SecretStr(deaf)}))
        record, text = await made(database)
        for gateway in (hears, hears_not):
            assert (await gateway.get("/directories", headers=bearer(text))).status_code == 200
        assert (await hears.delete(f"/keys/{record.id}", headers=admin)).status_code == 200
        for gateway in (hears, hears_not):
            await until(partial(_status, gateway, bearer(text), 401))
            assert (await gateway.get("/directories", headers=admin)).status_code == 200


@pytest.mark.timing
async def test_without_the_database_keys_soon_stop_working(serve, required, cable, admin):
    gateway = await serve(required.model_copy(update={"database_url": SecretStr(cable.url)}))
    assert (await gateway.get("/models", headers=admin)).status_code == 200
    await cable.cut()
    await until(lambda: _code(gateway, admin, "database-unavailable"))
    await cable.mend()
    await until(lambda: _succeeds(gateway, admin))


async def _code(gateway, headers, code):
    answer = await gateway.get("/models", headers=headers)
    return not answer.is_success and answer.json()["code"] == code


@pytest.mark.timing
@pytest.mark.usefixtures("admin")
async def test_revocation_holds_where_changes_are_not_heard(serve, required, database, database_url):
    gateway = await serve(required)
    record, text = await made(database)
    assert (await gateway.get("/directories", headers=bearer(text))).status_code == 200
    deaf = asyncio.create_task(_silence(database_url))
    await records.revoke(database, record.id, OPEN)
    await until(lambda: _status(gateway, bearer(text), 401))
    deaf.cancel()
    await asyncio.wait([deaf])


async def _silence(url):
    """End every listening connection as soon as it appears."""
    other = await asyncpg.connect(url)
    try:
        while True:
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'apiserver-keys'"
            )
            await asyncio.sleep(0.01)
    finally:
        other.terminate()


async def test_rotation_overlaps(serve, required, database, admin):
    gateway = await serve(required)
    record, text = await made(database)
    answer = await gateway.post(f"/keys/{record.id}/rotate", json={}, headers=admin)
    assert answer.status_code == 200
    assert answer.json()["previous_until"]
    new = answer.json()["key"]
    for each in (text, new):
        await until(partial(_status, gateway, bearer(each), 200))
    last = (await gateway.post(f"/keys/{record.id}/rotate", json={"overlap_seconds": 0}, headers=admin)).json()["key"]
    for each, status in ((text, 401), (new, 401), (last, 200)):
        await until(partial(_status, gateway, bearer(each), status))


async def test_a_key_sees_and_makes_only_what_it_may_do_itself(serve, required, database, admin):
    gateway = await serve(required)
    _, tenant = await made(database, scopes=["admin"], directories=["acme", "acme/*"])
    mine = bearer(tenant)
    wide, _ = await made(database, scopes=["recognize"], directories=["*"])
    stranger, _ = await made(database, scopes=["recognize"], directories=["acme2"])
    asked = {"name": "door", "scopes": ["recognize"], "directories": ["acme/west"], "note": "at the west door"}
    made_answer = await gateway.post("/keys", json=asked, headers=mine)
    assert made_answer.status_code == 201
    shown = made_answer.json()
    assert shown["directories"] == ["acme/west"]
    assert shown["created_by"].startswith("key:")
    assert shown["note"] == asked["note"]
    for wanted in ({"directories": ["*"]}, {"directories": ["acme2"]}, {"directories": ["acm/*"]}):
        answer = await gateway.post("/keys", json=asked | wanted, headers=mine)
        assert answer.status_code == 403, answer.text
    listed = (await gateway.get("/keys", headers=mine)).json()["items"]
    assert {each["id"] for each in listed} >= {shown["id"]}
    assert not {each["id"] for each in listed} & {wide.id, stranger.id}
    assert "key" not in listed[0]
    everything = (await gateway.get("/keys", headers=admin)).json()["items"]
    assert len(everything) == 5
    page = (await gateway.get("/keys?limit=2", headers=admin)).json()
    rest = (await gateway.get("/keys", params={"cursor": page["next"]}, headers=admin)).json()
    assert page["items"] + rest["items"] == everything
    for key_id in (wide.id, stranger.id, "nobody", "%00"):
        for method, path, body in (("GET", "", None), ("DELETE", "", None), ("POST", "/rotate", {})):
            answer = await gateway.request(method, f"/keys/{key_id}{path}", json=body, headers=mine)
            assert (answer.status_code, answer.json()["code"]) == (404, "key-not-found")
    revoked = await gateway.delete(f"/keys/{shown['id']}", headers=mine)
    assert revoked.json()["revoked_at"]
    assert (await gateway.delete(f"/keys/{shown['id']}", headers=mine)).json() == revoked.json()
    assert (await gateway.post(f"/keys/{shown['id']}/rotate", json={}, headers=mine)).status_code == 404


async def test_only_hashes_are_stored(database):
    _, text = await made(database)
    [row] = await database.fetch("SELECT keys::text AS everything FROM keys")
    assert text not in row["everything"]
    assert text.split("_")[2] not in row["everything"]


async def test_callers_without_a_key_can_have_one(serve, required, database):
    _, text = await made(database, scopes=["recognize"], directories=["acme"])
    gateway = await serve(required.model_copy(update={"anonymous_key": SecretStr(text)}))
    assert (await gateway.get("/models")).status_code == 200
    assert (await gateway.get("/directories")).status_code == 403


async def test_what_a_key_may_do_changes_while_it_works(serve, required, admin):
    gateway = await serve(required)
    made_answer = await gateway.post(
        "/keys",
        json={"name": "door", "scopes": ["learn"], "directories": ["acme"], "limits": {"requests_per_minute": 1000}},
        headers=admin,
    )
    key = made_answer.json()
    assert key["limits"] == {"requests_per_minute": 1000}
    path, mine = f"/keys/{key['id']}", bearer(key["key"])
    answer = await gateway.get("/directories/acme/persons", headers=mine)
    assert answer.headers["ratelimit-policy"] == '"requests";q=1000;w=60'

    more = {"limits": {"requests_per_minute": 2000, "requests_in_progress": 7}}
    changed = (await gateway.patch(path, json=more, headers=admin)).json()
    assert (
        changed
        == {name: each for name, each in key.items() if name not in {"key", "images_token", "access_key_id"}} | more
    )
    await until(lambda: _policy(gateway, mine, '"requests";q=2000;w=60'))
    narrowed = await gateway.patch(path, json={"scopes": ["recognize"], "directories": ["beta"]}, headers=admin)
    assert (narrowed.json()["scopes"], narrowed.json()["directories"]) == (["recognize"], ["beta"])
    assert narrowed.json()["limits"] == more["limits"]
    await until(lambda: _status(gateway, mine, 403))

    wrong_limits: list[object] = [{"requests_per_minute": 0}, {"faces": 1}, {"faces_per_day": 1.5}, None]
    wrongs: list[dict[str, object]] = [{"limits": wrong} for wrong in wrong_limits]
    wrongs += [{"name": None}, {"scopes": []}, {"scopes": None}, {"id": "x"}, {"expires_at": "2020-01-01T00:00:00Z"}]
    for wrong in wrongs:
        answer = await gateway.patch(path, json=wrong, headers=admin)
        assert answer.status_code == 400, answer.text
    assert (await gateway.delete(path, headers=admin)).status_code == 200
    assert (await gateway.patch(path, json={"name": "x"}, headers=admin)).json()["code"] == "key-not-found"


async def _policy(gateway, headers, policy):
    answer = await gateway.get("/directories", headers=headers)
    return answer.headers.get("ratelimit-policy") == policy


async def test_no_key_gives_more_than_it_has(serve, required, database):
    gateway = await serve(required)
    record, text = await made(database, directories=["acme"], limits={"requests_per_minute": 500})
    wider, _ = await made(database, scopes=["read"], directories=["acme"], limits={"requests_per_minute": 900})
    mine, own, other = bearer(text), f"/keys/{record.id}", f"/keys/{wider.id}"
    asked = {"name": "door", "scopes": ["read"], "directories": ["acme"]}
    assert (await gateway.post("/keys", json=asked, headers=mine)).json()["limits"]["requests_per_minute"] == 500
    more = {"limits": {"requests_per_minute": 501}}
    for method, path, body in (
        ("POST", "/keys", asked | more),
        ("PATCH", own, more),
        ("PATCH", own, {"directories": ["acme", "beta"]}),
        ("PATCH", own, {"directories": ["*"]}),
        ("PATCH", other, {"directories": ["beta"]}),
        ("POST", f"{other}/rotate", {}),
    ):
        answer = await gateway.request(method, path, json=body, headers=mine)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing"), (method, path, body)
    cleared = await gateway.patch(own, json={"limits": {"requests_per_minute": None}}, headers=mine)
    assert cleared.json()["limits"]["requests_per_minute"] == 500
    _, reader = await made(database, scopes=["read"], directories=["acme"])
    assert (await gateway.patch(other, json={"name": "x"}, headers=bearer(reader))).status_code == 403


async def test_scopes_of_a_newer_release_give_nothing(database):
    record, _ = await made(database, scopes=["read"])
    await database.execute("UPDATE keys SET scopes = '{read,fly}' WHERE id = $1", record.id)
    found = await records.find(database, record.id)
    assert found
    assert found.scopes == {Scope.READ}
