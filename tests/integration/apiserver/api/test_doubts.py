"""Doubts about faces and pairs of persons, from when they are found until somebody decides."""

import pytest

ACME = "/directories/acme"


@pytest.fixture
def learn(gateway):
    async def learn(person, photograph):
        form = {"person": person, "directory": "acme"}
        answer = await gateway.post("/learn", data=form, files={"file": photograph})
        assert answer.status_code == 201, answer.text
        return answer.json()["persons"][0]["face"]

    return learn


@pytest.fixture
def compare(gateway, settings, work):
    async def compare():
        started = await gateway.post(f"{ACME}/comparisons")
        assert started.status_code == 202
        await work(started.json()["job"])
        return (await gateway.get(f"{ACME}/comparisons")).json()

    return compare


@pytest.fixture
def warned(gateway):
    async def warned(**query):
        """Return the person, the code and the other person of each warning."""
        answer = await gateway.get(f"{ACME}/warnings", params=query)
        assert answer.status_code == 200, answer.text
        return sorted(
            (each["face"]["person"], each["code"], each["other"] and each["other"]["person"])
            for each in answer.json()["items"]
        )

    return warned


@pytest.fixture
def pairs(gateway):
    async def pairs(**query):
        items = (await gateway.get(f"{ACME}/lookalikes", params=query)).json()["items"]
        return [{each["person"] for each in item["persons"]} for item in items]

    return pairs


async def counted(gateway):
    return {each["person"]: each["warnings"] for each in (await gateway.get(f"{ACME}/persons")).json()["items"]}


async def test_a_warning_is_kept_until_the_face_is_said_to_be_right(gateway, learn, warned, compare, ann, cid):
    await learn("ann", ann)
    face = await learn("ann", cid)

    assert await warned() == [("ann", "unlike-own", None)]
    [item] = (await gateway.get(f"{ACME}/warnings")).json()["items"]
    assert item["face"] == (await gateway.get(f"{ACME}/persons/ann/faces/{face}")).json()
    assert item["value"] < item["limit"]
    assert await counted(gateway) == {"ann": 1}

    assert (await gateway.put(f"{ACME}/dismissals/faces/{face}")).status_code == 204
    assert (await warned(), await warned(dismissed=True)) == ([], [("ann", "unlike-own", None)])
    await learn("ann", cid)
    comparison = await compare()
    assert comparison["compared"] == 2
    assert comparison["finished_at"] is not None
    assert await warned() == [("ann", "unlike-own", None)], "of two photographs, the other one may be wrong"
    assert (await gateway.delete(f"{ACME}/dismissals/faces/{face}")).status_code == 204
    assert len(await warned()) == 2
    assert await counted(gateway) == {"ann": 2}

    await learn("cid", cid)
    assert ("cid", "enrolled-as-another", "ann") in await warned()
    await gateway.post(f"{ACME}/persons/ann/split", json={"faces": [face], "person": "cid", "into_existing": True})
    assert await warned(person="cid") == [("cid", "enrolled-as-another", "ann")]
    await compare()
    assert await warned() == [], "what a later comparison does not find is gone"


async def test_two_who_are_two_are_no_lookalikes_again(gateway, learn, warned, pairs, compare, ann, ann_again, bob):
    first = await learn("ann", ann)
    await learn("twin", ann_again)
    await learn("bob", bob)
    assert await warned() == [("twin", "enrolled-as-another", "ann")]
    await compare()
    assert await pairs() == [{"ann", "twin"}] == await pairs(person="twin")
    assert await pairs(person="bob") == []
    twins = [("ann", "enrolled-as-another", "twin"), ("twin", "enrolled-as-another", "ann")]
    assert await warned(code="enrolled-as-another") == twins
    assert await warned(code=["unlike-own", "closer-to-another"]) == []

    dismissal = f"{ACME}/dismissals/persons/twin/ann"
    assert (await gateway.put(dismissal)).status_code == (await gateway.put(dismissal)).status_code == 204
    assert (await pairs(), await warned()) == ([], [])
    await gateway.patch(f"{ACME}/persons/ann", json={"person": "zoe"})
    await compare()
    await gateway.delete(f"{ACME}/persons/zoe/faces/{first}")
    await learn("zoe", ann)
    assert (await pairs(), await warned()) == ([], [])
    assert (await pairs(dismissed=True), len(await warned(dismissed=True))) == ([{"zoe", "twin"}], 2)
    assert (await gateway.delete(f"{ACME}/dismissals/persons/zoe/twin")).status_code == 204
    assert (await pairs(), len(await warned())) == ([{"zoe", "twin"}], 2)

    assert (await gateway.put(f"{ACME}/dismissals/persons/bob/zoe")).status_code == 204
    assert len(await pairs(dismissed=True)) == 1
    await gateway.post(f"{ACME}/persons/zoe/merge", json={"from": ["twin"]})
    assert (await pairs(), await warned()) == ([], [])


async def test_deletions_leave_nothing(gateway, learn, compare, database, ann, ann_again, cid):
    for person, photograph in (("ann", ann), ("ann", cid), ("twin", ann_again), ("cid", cid)):
        await learn(person, photograph)
    await compare()
    await gateway.put(f"{ACME}/dismissals/persons/ann/cid")
    rows = "SELECT (SELECT count(*) FROM face_warnings) + (SELECT count(*) FROM lookalikes)"
    assert await database.fetchval(rows) > 3
    await gateway.delete(f"{ACME}/persons/ann")
    assert await database.fetchval(rows) == 0
    await gateway.delete(ACME)
    assert await database.fetchval("SELECT count(*) FROM comparisons") == 0


async def test_a_comparison_of_a_directory_that_was_deleted_ends(gateway, learn, settings, work, ann):
    await learn("ann", ann)
    job = (await gateway.post(f"{ACME}/comparisons")).json()["job"]
    assert (await gateway.post(f"{ACME}/comparisons")).json()["job"] == job
    await gateway.delete(ACME)
    await work(job)
    assert (await gateway.get(f"/jobs/{job}")).json()["state"] == "done"


async def test_pages(gateway, learn, compare, ann):
    for person in ("a", "b", "c", "d"):
        await learn(person, ann)
    await compare()
    for path in ("warnings", "lookalikes"):
        whole = (await gateway.get(f"{ACME}/{path}")).json()["items"]
        assert len(whole) >= 2
        items, cursor = [], {}
        while True:
            page = (await gateway.get(f"{ACME}/{path}", params={"limit": 1, **cursor})).json()
            items += page["items"]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert items == whole


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("PUT", "dismissals/faces/1120092e-8684-446d-9dd1-6a35418df10e", "warning-not-found"),
        ("DELETE", "dismissals/faces/1120092e-8684-446d-9dd1-6a35418df10e", "warning-not-found"),
        ("PUT", "dismissals/faces/7", "invalid-field"),
        ("PUT", "dismissals/persons/ann/nobody", "person-not-found"),
        ("DELETE", "dismissals/persons/ann/bob", "person-not-found"),
        ("PUT", "dismissals/persons/ann/ann", "invalid-field"),
        ("GET", "warnings?code=ugly", "invalid-field"),
        ("GET", "warnings?cursor=x", "invalid-field"),
        ("GET", "lookalikes?person=%00", "invalid-field"),
    ],
)
async def test_what_cannot_be(gateway, method, path, code):
    for person in ("ann", "bob"):
        await gateway.put(f"{ACME}/persons/{person}", json={})
    assert (await gateway.request(method, f"{ACME}/{path}")).json()["code"] == code
    if code not in {"invalid-field"}:
        elsewhere = await gateway.request(method, f"/directories/none/{path}")
        assert elsewhere.json()["code"] == "directory-not-found"
