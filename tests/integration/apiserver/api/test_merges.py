"""Merges, splits and exports over HTTP."""

import io
import json
from uuid import uuid4
from zipfile import ZipFile

import pytest

ACME = "/directories/acme/persons"


async def learn(gateway, person, photograph):
    answer = await gateway.post("/learn", data={"person": person, "directory": "acme"}, files={"file": photograph})
    return answer.json()["persons"][0]["face"]


async def recognized(gateway, photograph):
    answer = await gateway.post("/recognize", data={"directory": "acme"}, files={"file": photograph})
    return answer.json()["persons"][0].get("id")


async def test_a_merge_is_seen_by_recognition_and_so_is_its_undo(gateway, ann, bob):
    await learn(gateway, "ann", ann)
    await learn(gateway, "bob", bob)

    merged = await gateway.post(f"{ACME}/ann/merge", json={"from": ["bob"]})

    assert merged.status_code == 200
    answer = merged.json()
    assert (answer["person"], answer["faces"]) == ("ann", 2)
    assert merged.headers["ETag"] == f'"{answer["revision"]}"'
    assert await recognized(gateway, bob) == "ann"
    assert (await gateway.get(f"{ACME}/bob")).json()["code"] == "person-not-found"

    undone = await gateway.post(f"{ACME}/ann/split", json={"merge": answer["merge"]})
    assert [(one["person"], one["faces"]) for one in undone.json()["persons"]] == [("bob", 1)]
    assert await recognized(gateway, bob) == "bob"
    again = await gateway.post(f"{ACME}/ann/split", json={"merge": answer["merge"]})
    assert (again.status_code, again.json()["code"]) == (409, "merge-undone")


async def test_a_change_of_name_takes_the_history_along(gateway, ann, bob):
    await learn(gateway, "ann", ann)
    await learn(gateway, "bob", bob)
    merge = (await gateway.post(f"{ACME}/ann/merge", json={"from": ["bob"]})).json()["merge"]
    await gateway.patch(f"{ACME}/ann", json={"person": "anne"})

    assert (await gateway.post(f"{ACME}/ann/split", json={"merge": merge})).json()["code"] == "person-not-found"
    assert (await gateway.post(f"{ACME}/anne/split", json={"merge": merge})).is_success


async def test_who_was_merged_goes_with_the_person_and_leaves_nothing(gateway, database, ann, bob):
    for person, photograph in (("ann", ann), ("bob", ann), ("bob", bob)):
        await learn(gateway, person, photograph)
    await gateway.post(f"{ACME}/ann/merge", json={"from": ["bob"]})

    assert (await gateway.delete(f"{ACME}/ann")).json()["images"] == 2

    for table in ("persons", "faces", "merges", "merged_persons", "merged_faces", "collapsed_faces", "matched_images"):
        assert await database.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608


async def test_a_photograph_that_fell_together_goes_with_the_face_that_was_kept(gateway, database, ann, bob):
    await learn(gateway, "bob", bob)
    await learn(gateway, "bob", ann)
    kept = await learn(gateway, "ann", ann)
    merge = (await gateway.post(f"{ACME}/ann/merge", json={"from": ["bob"]})).json()["merge"]

    assert (await gateway.delete(f"{ACME}/ann/faces/{kept}")).json()["images"] == 1

    assert await database.fetchval("SELECT count(*) FROM collapsed_faces") == 0
    undone = await gateway.post(f"{ACME}/ann/split", json={"merge": merge})
    assert [one["faces"] for one in undone.json()["persons"]] == [1]


async def test_chosen_faces_are_split_off(gateway, ann, bob):
    await learn(gateway, "ann", ann)
    wrong = await learn(gateway, "ann", bob)

    split = await gateway.post(f"{ACME}/ann/split", json={"faces": [wrong], "person": "bob"})

    assert [one["person"] for one in split.json()["persons"]] == ["bob"]
    assert await recognized(gateway, bob) == "bob"
    taken = await gateway.post(f"{ACME}/bob/split", json={"faces": [wrong], "person": "ann"})
    assert (taken.status_code, taken.json()["code"]) == (409, "person-exists")
    body = {"faces": [wrong], "person": "ann", "into_existing": True}
    assert (await gateway.post(f"{ACME}/bob/split", json=body)).json()["persons"][0]["faces"] == 2


@pytest.mark.parametrize(
    ("call", "body", "code"),
    [
        ("merge", {}, "invalid-field"),
        ("merge", {"from": []}, "invalid-field"),
        ("merge", {"from": ["ann"]}, "invalid-field"),
        ("merge", {"from": ["bob", "bob"]}, "invalid-field"),
        ("merge", {"from": ["a\0b"]}, "invalid-field"),
        ("merge", [], "invalid-json"),
        ("merge", {"from": ["nobody"]}, "person-not-found"),
        ("split", {}, "invalid-field"),
        ("split", {"merge": str(uuid4()), "person": "bob"}, "invalid-field"),
        ("split", {"faces": [str(uuid4())]}, "invalid-field"),
        ("split", {"faces": ["1"], "person": "bob"}, "invalid-field"),
        ("split", {"faces": [], "person": "bob"}, "invalid-field"),
        ("split", {"merge": str(uuid4())}, "merge-not-found"),
        ("split", {"faces": [str(uuid4())], "person": "bob"}, "face-not-found"),
    ],
)
async def test_bodies_that_are_refused(gateway, database, call, body, code):
    await database.execute("INSERT INTO directories VALUES ('acme')")
    await database.execute("INSERT INTO persons (directory, person) VALUES ('acme', 'ann')")
    response = await gateway.post(f"{ACME}/ann/{call}", json=body)
    assert response.json()["code"] == code
    assert response.status_code == (404 if code.endswith("not-found") else 400)


async def test_an_export_holds_everything(gateway, database, ann, ann_again, bob):
    faces = [await learn(gateway, "ann", photograph) for photograph in (ann, ann_again)]
    merged = [await learn(gateway, "bob", photograph) for photograph in (ann, bob)]
    await gateway.patch(f"{ACME}/ann", json={"display_name": "Ann", "metadata": {"team": "blue"}})
    await gateway.post(f"{ACME}/ann/merge", json={"from": ["bob"]})

    response = await gateway.get(f"{ACME}/ann/export")

    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/zip")
    archive = ZipFile(io.BytesIO(response.content))
    assert archive.testzip() is None
    known = json.loads(archive.read("person.json"))
    assert (known["person"], known["display_name"], known["metadata"]) == ("ann", "Ann", {"team": "blue"})
    assert [merge["person"] for merge in known["merges"]] == ["bob"]
    names = set(archive.namelist())
    assert {f"crops/{face}.jpg" for face in faces + merged} <= names
    described = [json.loads(archive.read(f"faces/{face}.json")) for face in faces + merged]
    [embedding] = [one["embedding"] for one in described if one["face"] == faces[0]]
    stored = await database.fetchval("SELECT embedding::text FROM faces WHERE face = $1", faces[0])
    assert embedding == pytest.approx(json.loads(stored))
    images = {name.removeprefix("images/") for name in names if name.startswith("images/")}
    assert images == {one["image"] for one in described}
    assert {archive.read(f"images/{image}") for image in images} == {ann, ann_again, bob}


async def test_an_export_of_somebody_without_faces_and_of_nobody(gateway):
    await gateway.put(f"{ACME}/cid", json={"display_name": "Cid"})
    archive = ZipFile(io.BytesIO((await gateway.get(f"{ACME}/cid/export")).content))
    assert archive.namelist() == ["person.json"]
    missing = await gateway.get(f"{ACME}/nobody/export")
    assert (missing.status_code, missing.json()["code"]) == (404, "person-not-found")


@pytest.mark.parametrize("directory", ["a%00b", "a" * 9000])
async def test_a_name_that_cannot_be_is_refused_with_a_key_as_without(gateway, directory):
    path, headers = f"/directories/{directory}/persons/ann/merge", {"Idempotency-Key": "key"}
    first = await gateway.post(path, json={"from": ["bob"]}, headers=headers)
    second = await gateway.post(path, json={"from": ["bob"]}, headers=headers)

    assert (first.status_code, first.json()["code"]) == (400, "invalid-name")
    assert second.content == first.content
    assert second.headers["Idempotency-Replayed"] == "true"


async def test_merges_are_listed_with_what_undoing_them_brings_back(gateway, ann, ann_again, bob, cid):
    photographs = {"ann": ann, "anne": ann_again, "bob": bob, "cid": cid}
    for person, photograph in photographs.items():
        await learn(gateway, person, photograph)
    await learn(gateway, "anne", ann)  # of both, one face remains
    await gateway.patch(f"{ACME}/anne", json={"display_name": "Anne", "external_id": "7"})
    ids = [
        (await gateway.post(f"{ACME}/{person}/merge", json={"from": others})).json()["merge"]
        for person, others in (("ann", ["anne"]), ("bob", ["cid"]), ("ann", ["bob"]))
    ]

    async def listed(**query):
        answer = await gateway.get("/directories/acme/merges", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    items = (await listed())["items"]
    assert [(each["merge"], each["person"], each["undoable"]) for each in items] == [
        (merge, "ann", True) for merge in reversed(ids)
    ]
    first = items[2]
    [anne] = first["persons"]
    assert (anne["person"], anne["display_name"], anne["faces"]) == ("anne", "Anne", 2)
    assert (await gateway.get(anne["crop"])).headers["content-type"] == "image/jpeg"
    page = await listed(limit=2)
    assert page["items"] == items[:2]
    assert (await listed(limit=2, cursor=page["next"])) == {"items": items[2:], "next": None}
    assert (await listed(person="bob"))["items"] == []

    await gateway.put(f"{ACME}/anne", json={})
    await gateway.put(f"{ACME}/dora", json={"external_id": "7"})
    assert (await listed())["items"][2]["obstacle"] == "person-exists"
    await gateway.delete(f"{ACME}/anne")
    [taken] = [each for each in (await listed())["items"] if each["merge"] == ids[0]]
    assert (taken["undoable"], taken["obstacle"]) == (False, "external-id-taken")
    refused = await gateway.post(f"{ACME}/ann/split", json={"merge": ids[0]})
    assert refused.json()["code"] == taken["obstacle"]

    undone = await gateway.post(f"{ACME}/ann/split", json={"merge": ids[2]})
    assert undone.status_code == 200
    latest, middle, _ = (await listed())["items"]
    assert (latest["obstacle"], latest["persons"], latest["undone_at"] is None) == ("merge-undone", [], False)
    assert (middle["person"], middle["undoable"]) == ("bob", True)
    assert (await gateway.get("/directories/none/merges")).json()["code"] == "directory-not-found"
