"""What happened in a directory, from what is kept of it."""

import pytest

ACME = "/directories/acme"


@pytest.fixture
def events(gateway):
    async def events(**query):
        answer = await gateway.get(f"{ACME}/activity", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    return events


async def test_what_happened_is_listed_until_it_is_erased(gateway, events, ann, bob, nobody):
    async def send(path, photograph, **form):
        answer = await gateway.post(path, data={"directory": "acme", **form}, files={"file": photograph})
        assert answer.status_code == 201, answer.text
        return answer.json()

    learned = await send("/learn", ann, person="ann")
    await send("/learn", bob, person="bob")
    recognized = await send("/recognize", ann + b"\0", keep="true")
    await send("/recognize", nobody)
    await gateway.put(f"{ACME}/persons/cid", json={"display_name": "Cid"})
    merge = (await gateway.post(f"{ACME}/persons/bob/merge", json={"from": ["cid"]})).json()["merge"]

    found = await events()
    assert [each["at"] for each in found] == sorted((each["at"] for each in found), reverse=True)
    assert sorted(each["kind"] for each in found) == ["added"] * 2 + ["merged"] + ["photograph"] * 4
    assert all([name for name in each if each[name]] == ["at", "kind", each["kind"]] for each in found)
    assert found[0]["merged"] == {"merge": merge, "person": "bob", "undone_at": None}
    photographs = {each["photograph"]["image"]: each["photograph"] for each in found if each["photograph"]}
    [face] = photographs[learned["url"]]["learned"]
    assert (face["person"], face["face"]) == ("ann", learned["persons"][0]["face"])
    assert (await gateway.get(face["crop"])).headers["content-type"] == "image/jpeg"
    assert photographs[recognized["url"]] == {"image": recognized["url"], "recognized": ["ann"], "learned": []}
    assert [each["photograph"] for each in await events(kind="photograph")] == list(photographs.values())
    assert len(await events(kind=["added", "merged"])) == 3

    paged: list[dict[str, object]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await gateway.get(f"{ACME}/activity", params={"limit": 2, **cursor})).json()
        paged += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert paged == found

    receipt = (await gateway.delete(f"{ACME}/persons/ann")).json()
    latest, *rest = await events()
    assert (latest["kind"], latest["deleted"]["deletion"]) == ("deleted", receipt["deletion"])
    assert latest["deleted"]["faces"] == 1
    assert "ann" not in str([latest, *rest])
    assert sorted(each["kind"] for each in rest) == ["added", "merged"] + ["photograph"] * 2


async def test_a_list_that_cannot_be(gateway):
    await gateway.put(ACME, json={})
    assert (await gateway.get(f"{ACME}/activity")).json() == {"items": [], "next": None}
    for query in ({"kind": "gossip"}, {"cursor": "x"}, {"limit": 0}):
        assert (await gateway.get(f"{ACME}/activity", params=query)).json()["code"] == "invalid-field"
    assert (await gateway.get("/directories/nowhere/activity")).json()["code"] == "directory-not-found"
