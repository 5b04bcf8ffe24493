"""POST /compare and POST /verify with real photographs."""

import pytest


@pytest.fixture
def compare(gateway):
    async def compare(source, target):
        return await gateway.post("/compare", files={"source": ("a.jpg", source), "target": ("b.jpg", target)})

    return compare


@pytest.fixture
def verify(gateway):
    async def verify(photograph, person="ann", **fields):
        return await gateway.post("/verify", data={"person": person, **fields}, files={"file": photograph})

    return verify


@pytest.fixture
def learn(gateway):
    async def learn(person, photograph):
        fields = {"person": person}
        assert (await gateway.post("/learn", data=fields, files={"file": photograph})).status_code == 201

    return learn


async def test_every_face_is_compared_with_every_face(compare, database, party, ann_again):
    response = await compare(party, ann_again)

    answer = response.json()
    assert response.status_code == 200
    assert (len(answer["source_faces"]), len(answer["target_faces"])) == (3, 1)
    best, *others = answer["comparisons"]
    assert {pair["source"] for pair in answer["comparisons"]} == {0, 1, 2}
    assert (best["target"], best["decision"]) == (0, "match")
    assert best["probability"] > 0.99
    left, _, right, _ = answer["source_faces"][best["source"]]["box"]
    assert 100 < left < right < 612, "ann is the first from the left"
    assert [pair["decision"] for pair in others] == ["unknown"] * 2
    assert best["similarity"] > others[0]["similarity"] >= others[1]["similarity"]
    assert answer["thresholds"]["match"] > answer["thresholds"]["review"]
    assert await database.fetchval("SELECT count(*) FROM images") == 0


async def test_the_same_photograph_twice(compare, ann):
    [pair] = (await compare(ann, ann)).json()["comparisons"]
    assert (pair["similarity"], pair["decision"]) == (pytest.approx(1, abs=1e-6), "match")


async def test_nobody_to_compare(compare, ann, nobody):
    answer = (await compare(ann, nobody)).json()
    assert (len(answer["source_faces"]), answer["target_faces"], answer["comparisons"]) == (1, [], [])


async def test_a_photograph_is_missing(gateway, ann):
    response = await gateway.post("/compare", files={"source": ann})
    assert (response.status_code, response.json()["code"]) == (400, "file-missing")
    assert "'target'" in response.json()["detail"]


@pytest.mark.parametrize(("bad", "status"), [(b"", 400), (b"no image", 400), (b"\xff\xd8\xff\xe0 cut", 422)])
async def test_either_photograph_may_be_bad(compare, ann, bad, status):
    assert (await compare(bad, ann)).status_code == (await compare(ann, bad)).status_code == status


async def test_both_photographs_may_be_as_large_as_one(gateway, serve, settings, ann):
    gateway = await serve(settings.model_copy(update={"max_image_bytes": len(ann)}))
    assert (await gateway.post("/compare", files={"source": ann, "target": ann})).status_code == 200
    refused = await gateway.post("/compare", files={"source": ann, "target": ann + b" "})
    assert (refused.status_code, refused.json()["code"]) == (413, "image-too-large")


async def test_somebody_is_who_he_is_said_to_be(learn, verify, ann, ann_again, bob):
    for person, photograph in (("ann", ann), ("ann", bob), ("bob", bob)):
        await learn(person, photograph)

    response = await verify(ann_again)

    answer = response.json()
    assert response.status_code == 200
    assert (answer["directory"], answer["person"], answer["decision"]) == ("default", "ann", "match")
    assert answer["probability"] > 0.99, "by the most similar of her faces"
    impostor = (await verify(ann_again, "bob")).json()
    assert impostor["box"] == answer["box"]
    assert (impostor["decision"], impostor["probability"]) == ("unknown", pytest.approx(0, abs=0.1))


@pytest.mark.parametrize("fields", [{"person": "bob"}, {"directory": "acme"}])
async def test_nobody_of_that_name(learn, verify, ann, fields):
    await learn("ann", ann)
    response = await verify(ann, **fields)
    assert (response.status_code, response.json()["code"]) == (404, "person-not-found")


async def test_a_person_without_a_face_of_this_model(learn, verify, database, ann):
    await learn("ann", ann)
    await database.execute("UPDATE faces SET model = 'another'")
    answer = (await verify(ann)).json()
    assert (answer["similarity"], answer["probability"], answer["decision"]) == (None, 0, "unknown")


async def test_whose_face(learn, verify, bob, group):
    await learn("bob", bob)
    assert (await verify(group, "bob", face="largest")).json()["decision"] == "match"
    assert (await verify(group, "bob")).json()["code"] == "several-faces"


async def test_no_face(learn, verify, ann, nobody):
    await learn("ann", ann)
    assert (await verify(nobody)).json()["code"] == "no-face"
