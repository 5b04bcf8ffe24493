"""Score distributions of a directory, and the rates that follow from them."""

from itertools import pairwise

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def read(gateway, directory):
    answer = await gateway.get(f"/directories/{directory}/score-distributions")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_people_and_strangers(shared_gateway, ann, ann_again, bob, cid):
    for person, photograph in (("ann", ann), ("ann", ann_again), ("bob", bob), ("cid", cid)):
        form = {"person": person, "directory": "scores"}
        assert (await shared_gateway.post("/learn", data=form, files={"file": photograph})).status_code == 201

    found = await read(shared_gateway, "scores")

    assert (found["persons"], found["faces"], found["sampled"]) == (3, 4, 4)
    assert (found["same"], found["different"]) == (2, 5), "each of ann's two, and all other pairs"
    bins, rates = found["bins"], found["rates"]
    assert (len(bins), bins[0]["start"], bins[-1]["end"], len(rates)) == (100, -1, 1, 101)
    assert [sum(each[kind] for each in bins) for kind in ("same", "different")] == [2, 5]
    assert all(first["end"] == second["start"] for first, second in pairwise(bins))
    alike = next(each for each in bins if each["same"])
    assert alike["same"] == 2
    assert alike["start"] > max(each["end"] for each in bins if each["different"])

    assert (rates[0]["missed"], rates[0]["alike"], rates[-1]["missed"], rates[-1]["alike"]) == (0, 1, 1, 0)
    for first, second in pairwise(rates):
        assert first["missed"] <= second["missed"]
        assert first["alike"] >= second["alike"]
        assert first["stranger_named"] >= second["stranger_named"]
    match = found["thresholds"]["match"]
    around = [each["stranger_named"] for each in rates if abs(each["threshold"] - match) < 0.02]
    assert min(around) <= found["thresholds"]["fpir"] <= max(around)


async def test_one_person_and_nobody(shared_gateway, ann):
    await shared_gateway.post("/learn", data={"person": "ann", "directory": "alone"}, files={"file": ann})
    await shared_gateway.put("/directories/empty", json={})
    for directory, faces in (("alone", 1), ("empty", 0)):
        found = await read(shared_gateway, directory)
        assert (found["sampled"], found["same"], found["different"]) == (faces, 0, 0)
        assert {(each["missed"], each["alike"]) for each in found["rates"]} == {(None, None)}
    missing = await shared_gateway.get("/directories/nowhere/score-distributions")
    assert (missing.status_code, missing.json()["code"]) == (404, "directory-not-found")
