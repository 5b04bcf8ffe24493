"""Doubts about faces and pairs of persons, from when they are found until somebody decides."""

import json
from uuid import UUID

import pytest

from apiserver.enrolment.comparing import compare_directory
from apiserver.jobs.runs import run_job
from apiserver.resources import open_resources

ACME = "/directories/acme"


class Acme:
    """A directory, its job and its two lists."""

    def __init__(self, gateway, resources, database):
        self._gateway = gateway
        self._resources = resources
        self._database = database

    async def learn(self, person, photograph):
        form = {"person": person, "directory": "acme"}
        answer = await self._gateway.post("/learn", data=form, files={"file": photograph})
        assert answer.status_code == 201, answer.text
        return answer.json()["persons"][0]["face"]

    async def start(self):
        started = await self._gateway.post(f"{ACME}/comparisons")
        assert started.status_code == 202
        return started.json()["job"]

    async def work(self, job):
        """Do what a worker does of a comparison."""
        found = "SELECT id, args FROM jobs JOIN procrastinate_jobs ON id = number WHERE job = $1"
        row = await self._database.fetchrow(found, UUID(job))
        await self._database.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = $1", row["id"])
        await run_job(compare_directory, self._resources, row["id"], json.loads(row["args"]))

    async def compare(self):
        await self.work(await self.start())
        return (await self._gateway.get(f"{ACME}/comparisons")).json()

    async def warned(self, **query):
        """Return the person, the code and the other person of each warning."""
        answer = await self._gateway.get(f"{ACME}/warnings", params=query)
        assert answer.status_code == 200, answer.text
        return sorted(
            (each["face"]["person"], each["code"], each["other"] and each["other"]["person"])
            for each in answer.json()["items"]
        )

    async def pairs(self, **query):
        items = (await self._gateway.get(f"{ACME}/lookalikes", params=query)).json()["items"]
        return [{each["person"] for each in item["persons"]} for item in items]


@pytest.fixture
async def acme(gateway, settings, database):
    async with open_resources(
        settings, name="worker", waited=lambda *_: None, statement_ended=None, traced_hop=None
    ) as resources:
        yield Acme(gateway, resources, database)


async def counted(gateway):
    return {each["person"]: each["warnings"] for each in (await gateway.get(f"{ACME}/persons")).json()["items"]}


async def test_a_warning_is_kept_until_the_face_is_said_to_be_right(gateway, acme, ann, cid):
    await acme.learn("ann", ann)
    face = await acme.learn("ann", cid)

    assert await acme.warned() == [("ann", "unlike-own", None)]
    [item] = (await gateway.get(f"{ACME}/warnings")).json()["items"]
    assert item["face"] == (await gateway.get(f"{ACME}/persons/ann/faces/{face}")).json()
    assert item["value"] < item["limit"]
    assert await counted(gateway) == {"ann": 1}

    assert (await gateway.put(f"{ACME}/dismissals/faces/{face}")).status_code == 204
    assert (await acme.warned(), await acme.warned(dismissed=True)) == ([], [("ann", "unlike-own", None)])
    await acme.learn("ann", cid)
    comparison = await acme.compare()
    assert comparison["compared"] == 2
    assert comparison["finished_at"] is not None
    assert await acme.warned() == [("ann", "unlike-own", None)], "of two photographs, the other one may be wrong"
    assert (await gateway.delete(f"{ACME}/dismissals/faces/{face}")).status_code == 204
    assert len(await acme.warned()) == 2
    assert await counted(gateway) == {"ann": 2}

    await acme.learn("cid", cid)
    assert ("cid", "enrolled-as-another", "ann") in await acme.warned()
    await gateway.post(f"{ACME}/persons/ann/split", json={"faces": [face], "person": "cid", "into_existing": True})
    assert await acme.warned(person="cid") == [("cid", "enrolled-as-another", "ann")]
    await acme.compare()
    assert await acme.warned() == [], "what a later comparison does not find is gone"


async def test_two_who_are_two_are_no_lookalikes_again(gateway, acme, ann, ann_again, bob):
    first = await acme.learn("ann", ann)
    await acme.learn("twin", ann_again)
    await acme.learn("bob", bob)
    assert await acme.warned() == [("twin", "enrolled-as-another", "ann")]
    await acme.compare()
    assert await acme.pairs() == [{"ann", "twin"}] == await acme.pairs(person="twin")
    assert await acme.pairs(person="bob") == []
    twins = [("ann", "enrolled-as-another", "twin"), ("twin", "enrolled-as-another", "ann")]
    assert await acme.warned(code="enrolled-as-another") == twins
    assert await acme.warned(code=["unlike-own", "closer-to-another"]) == []

    dismissal = f"{ACME}/dismissals/persons/twin/ann"
    assert (await gateway.put(dismissal)).status_code == (await gateway.put(dismissal)).status_code == 204
    assert (await acme.pairs(), await acme.warned()) == ([], [])
    await gateway.patch(f"{ACME}/persons/ann", json={"person": "zoe"})
    await acme.compare()
    await gateway.delete(f"{ACME}/persons/zoe/faces/{first}")
    await acme.learn("zoe", ann)
    assert (await acme.pairs(), await acme.warned()) == ([], [])
    assert (await acme.pairs(dismissed=True), len(await acme.warned(dismissed=True))) == ([{"zoe", "twin"}], 2)
    assert (await gateway.delete(f"{ACME}/dismissals/persons/zoe/twin")).status_code == 204
    assert (await acme.pairs(), len(await acme.warned())) == ([{"zoe", "twin"}], 2)

    assert (await gateway.put(f"{ACME}/dismissals/persons/bob/zoe")).status_code == 204
    assert len(await acme.pairs(dismissed=True)) == 1
    await gateway.post(f"{ACME}/persons/zoe/merge", json={"from": ["twin"]})
    assert (await acme.pairs(), await acme.warned()) == ([], [])


async def test_deletions_leave_nothing(gateway, acme, database, ann, cid):
    for person, photograph in (("ann", ann), ("ann", cid), ("twin", ann), ("cid", cid)):
        await acme.learn(person, photograph)
    await acme.compare()
    await gateway.put(f"{ACME}/dismissals/persons/ann/cid")
    rows = "SELECT (SELECT count(*) FROM face_warnings) + (SELECT count(*) FROM lookalikes)"
    assert await database.fetchval(rows) > 3
    await gateway.delete(f"{ACME}/persons/ann")
    assert await database.fetchval(rows) == 0
    await gateway.delete(ACME)
    assert await database.fetchval("SELECT count(*) FROM comparisons") == 0


async def test_a_comparison_of_a_directory_that_was_deleted_ends(gateway, acme, ann):
    await acme.learn("ann", ann)
    job = await acme.start()
    assert await acme.start() == job
    await gateway.delete(ACME)
    await acme.work(job)
    assert (await gateway.get(f"/jobs/{job}")).json()["kind"] == "comparison"


async def test_pages(gateway, acme, ann):
    for person in ("a", "b", "c", "d"):
        await acme.learn(person, ann)
    await acme.compare()
    for path in ("warnings", "lookalikes"):
        whole = (await gateway.get(f"{ACME}/{path}")).json()["items"]
        assert len(whole) >= 2
        items: list[dict[str, object]] = []
        cursor: dict[str, str] = {}
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
    if code != "invalid-field":
        elsewhere = await gateway.request(method, f"/directories/none/{path}")
        assert elsewhere.json()["code"] == "directory-not-found"
