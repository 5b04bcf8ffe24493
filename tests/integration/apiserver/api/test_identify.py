"""POST /identify with embeddings that /embed made."""

import json

import pytest


@pytest.fixture
def embed(gateway):
    async def embed(photograph):
        answer = (await gateway.post("/embed", files={"file": photograph})).json()
        return answer["model"], [face["embedding"] for face in answer["faces"]]

    return embed


@pytest.fixture
async def model(embed, nobody):
    return (await embed(nobody))[0]


@pytest.fixture
def identify(gateway):
    async def identify(**body):
        return await gateway.post("/identify", content=json.dumps(body))

    return identify


@pytest.fixture
async def enrolled(gateway, ann, bob):
    for person, photograph in (("ann", ann), ("bob", bob)):
        fields = {"person": person, "directory": "acme"}
        assert (await gateway.post("/learn", data=fields, files={"file": photograph})).status_code == 201


@pytest.mark.usefixtures("enrolled")
async def test_it_says_what_recognize_says(gateway, embed, identify, party):
    model, embeddings = await embed(party)

    response = await identify(directory="acme", model=model, embeddings=embeddings)

    answer = response.json()
    assert response.status_code == 200, answer
    recognized = (await gateway.post("/recognize", data={"directory": "acme"}, files={"file": party})).json()
    assert answer["model"] == model
    undated = {"faces": None}  # the number may be a second old
    assert answer["thresholds"] | undated == recognized["thresholds"] | undated
    assert answer["warnings"] == []
    assert [result.get("person") for result in answer["results"]] == [face.get("id") for face in recognized["persons"]]
    for result, face in zip(answer["results"], recognized["persons"], strict=True):
        assert result["similarity"] == pytest.approx(face["similarity"], abs=1e-5)
        assert (result["decision"], result["search"]) == (face["decision"], face["search"])
        assert [one["person"] for one in result["candidates"]] == [one["id"] for one in face["candidates"]]


async def test_a_directory_that_does_not_exist_is_a_warning(embed, identify, ann):
    model, embeddings = await embed(ann)
    answer = (await identify(directory="acmee", model=model, embeddings=embeddings)).json()
    assert [warning["code"] for warning in answer["warnings"]] == ["directory-unknown"]


@pytest.mark.usefixtures("enrolled")
async def test_an_embedding_may_have_any_length(embed, identify, ann):
    model, [embedding] = await embed(ann)
    for factor in (1, 1e-30, 1e300):
        scaled = [factor * value for value in embedding]
        [result] = (await identify(directory="acme", model=model, embedding=scaled)).json()["results"]
        assert (result["person"], result["similarity"]) == ("ann", pytest.approx(1, abs=1e-3))


@pytest.mark.usefixtures("enrolled")
async def test_options(embed, identify, ann):
    model, [embedding] = await embed(ann)

    async def results(**options):
        answer = await identify(directory="acme", model=model, embeddings=[embedding] * 2, **options)
        return answer.json()["results"]

    assert [len(result["candidates"]) for result in await results(k=1)] == [1, 1]
    assert [result["person"] for result in await results(threshold=1, scoring="mean")] == ["ann", "ann"]
    once = await results(unique_persons=True)
    assert ["ann" in [one["person"] for one in result["candidates"]] for result in once].count(True) == 1


@pytest.mark.usefixtures("enrolled")
async def test_who_is_matched_has_been_seen_and_nothing_else_is_kept(embed, identify, database, ann):
    images = await database.fetchval("SELECT count(*) FROM images")
    model, [embedding] = await embed(ann)
    await identify(directory="acme", model=model, embedding=embedding)
    assert await database.fetchval("SELECT person FROM persons WHERE last_seen_at IS NOT NULL") == "ann"
    assert await database.fetchval("SELECT count(*) FROM images") == images


async def test_nobody_is_enrolled(embed, identify, ann):
    model, [embedding] = await embed(ann)
    [result] = (await identify(model=model, embedding=embedding)).json()["results"]
    nobody: dict[str, object] = {"similarity": None, "probability": 0, "candidates": []}
    assert result == {"decision": "unknown", "reason": None, **nobody, "search": "exact"}


@pytest.mark.parametrize(
    "embedding", [[], [1.0] * 127, [1.0] * 129, [0.0] * 128, [float("nan")] * 128, [1.0] * 127 + [float("inf")]]
)
async def test_an_embedding_that_cannot_be(identify, model, embedding):
    response = await identify(model=model, embeddings=[[1.0] * 128, embedding])
    assert (response.status_code, response.json()["code"]) == (422, "invalid-embedding")


async def test_another_model(identify, model):
    response = await identify(model="arcface@0123", embedding=[1.0] * 512)
    assert (response.status_code, response.json()["code"]) == (409, "model-mismatch")
    assert model in response.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"embedding": [1.0], "embeddings": [[1.0]]},
        {"embeddings": []},
        {"embeddings": [[1.0]] * 101},
        {"embedding": ["1"]},
        {"embedding": [1.0], "k": 0},
        {"embedding": [1.0], "directory": ""},
        {"embedding": [1.0], "directory": "a\0b"},
        {"embedding": [1.0], "vector": [1.0]},
    ],
)
async def test_a_body_that_cannot_be(identify, model, body):
    response = await identify(model=model, **body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-field")


async def test_no_json(gateway):
    for body in (b"", b"embedding=1", b"[]", b" " * 3_000_000):
        response = await gateway.post("/identify", content=body)
        assert (response.status_code, response.json()["code"]) == (400, "invalid-json")


async def test_a_hundred_embeddings_of_any_digits_fit(identify):
    response = await identify(model="another", embeddings=[[-0.12345678901234567] * 512] * 100)
    assert response.json()["code"] == "model-mismatch"
