"""POST /recognize with real photographs."""

import io

import pytest
import skimage.data
from PIL import Image


@pytest.fixture
async def recognize(gateway):
    async def post(photograph, **fields):
        response = await gateway.post("/recognize", data=fields, files={"file": ("photo.jpg", photograph)})
        assert response.status_code == 201
        return response.json()

    return post


@pytest.fixture
async def learn(gateway):
    async def post(person, photograph, **fields):
        response = await gateway.post("/learn", data={"person": person, **fields}, files={"file": photograph})
        assert response.status_code == 201

    return post


async def test_nobody_enrolled(recognize, ann):
    answer = await recognize(ann)

    [person] = answer["persons"]
    assert (answer["status"], answer["filename"], answer["directory"]) == ("OK", "photo.jpg", "default")
    assert (person["decision"], person["probability"], person["similarity"]) == ("unknown", 0, None)
    assert person["candidates"] == []
    assert "id" not in person


async def test_the_reason_why_nobody_can_be_recognized_is_a_warning(gateway, recognize, learn, ann, nobody):
    await gateway.put("/directories/empty", json={})
    await learn("ann", ann, directory="acme")
    codes = {
        directory: [warning["code"] for warning in (await recognize(ann, directory=directory))["warnings"]]
        for directory in ("acmee", "empty", "acme")
    }
    assert codes == {"acmee": ["directory-unknown"], "empty": ["directory-empty"], "acme": []}
    [warning] = (await recognize(nobody, directory="acmee"))["warnings"]
    assert warning["detail"] == "The directory acmee does not exist, so that nobody is recognized in it."


async def test_a_person_is_known_again_on_another_photograph(recognize, learn, ann, ann_again, bob):
    await learn("ann", ann)
    await learn("bob", bob)

    [person] = (await recognize(ann_again))["persons"]
    assert (person["id"], person["decision"]) == ("ann", "match")
    assert 0.9 < person["probability"] <= 1
    assert [candidate["id"] for candidate in person["candidates"]] == ["ann", "bob"]


async def test_a_stranger_gets_no_name(recognize, learn, ann, cid):
    await learn("ann", ann)

    [person] = (await recognize(cid))["persons"]
    assert person["decision"] == "unknown"
    assert "id" not in person
    assert person["probability"] < 0.5


async def test_every_face_of_a_photograph_is_decided(recognize, learn, party, ann, bob):
    await learn("ann", ann)
    await learn("bob", bob)

    persons = (await recognize(party))["persons"]
    by_place = sorted(persons, key=lambda person: person["box"][0])
    assert [person.get("id") for person in by_place] == ["ann", "bob", None]
    assert [person["score"] for person in persons] == sorted((person["score"] for person in persons), reverse=True)


@pytest.fixture(scope="session")
def twins() -> bytes:
    """Ann beside herself, smaller."""
    portrait = Image.fromarray(skimage.data.astronaut())
    canvas = Image.new("RGB", (1000, 520), (128, 128, 128))
    canvas.paste(portrait, (0, 0))
    canvas.paste(portrait.resize((300, 300)), (600, 100))
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    return buffer.getvalue()


async def test_everyone_once_at_most_if_asked(recognize, learn, ann, bob, twins):
    await learn("ann", ann)
    await learn("bob", bob)

    assert [person.get("id") for person in (await recognize(twins))["persons"]] == ["ann", "ann"]
    once = (await recognize(twins, unique_persons="true", k=1))["persons"]
    assert sorted(person.get("id", "") for person in once) == ["", "ann"]
    assert sorted(person["candidates"][0]["id"] for person in once) == ["ann", "bob"]


async def test_the_mean_of_photographs_is_lower_than_the_best(recognize, learn, ann, ann_again, bob):
    for photograph in (ann_again, bob):  # the second by mistake
        await learn("ann", photograph)

    [best], [mean] = [(await recognize(ann, scoring=scoring))["persons"] for scoring in ("max", "mean")]
    assert best["decision"] == "match"
    assert 0 < mean["similarity"] < 0.7 * best["similarity"]


@pytest.mark.parametrize(("points", "search"), [((10, 100), "exact"), ((0, 100), "quantized"), ((0, 1), "quantized")])
async def test_the_answer_says_how_it_was_found(serve, settings, points, search, ann):
    chosen = settings.model_copy(update={"search_exact_faces": points[0], "search_index_faces": points[1]})
    gateway = await serve(chosen)
    learned = await gateway.post("/learn", data={"person": "ann"}, files={"file": ann})
    assert learned.status_code == 201
    answer = (await gateway.post("/recognize", files={"file": ann})).json()
    assert [(person["id"], person["search"]) for person in answer["persons"]] == [("ann", search)]


async def test_nobody_on_the_photograph(recognize, nobody):
    assert (await recognize(nobody))["persons"] == []


async def test_people_are_known_in_their_own_directory_only(recognize, learn, ann):
    await learn("ann", ann, directory="acme")

    assert (await recognize(ann, directory="other"))["persons"][0]["decision"] == "unknown"
    assert (await recognize(ann, directory="acme"))["persons"][0]["decision"] == "match"


async def test_k_limits_the_candidates(recognize, learn, ann, bob, cid):
    for person, photograph in (("ann", ann), ("bob", bob), ("cid", cid)):
        await learn(person, photograph)

    assert len((await recognize(ann, k="2"))["persons"][0]["candidates"]) == 2
    assert len((await recognize(ann))["persons"][0]["candidates"]) == 3


async def test_threshold_replaces_the_models_own(recognize, learn, ann, ann_again, bob):
    await learn("ann", ann)

    [stranger] = (await recognize(bob, threshold="-1"))["persons"]
    [known] = (await recognize(ann_again, threshold="1"))["persons"]
    assert (stranger["id"], stranger["decision"]) == ("ann", "match")
    assert (known["id"], known["decision"]) == ("ann", "review")


async def test_recognized_photographs_expire(recognize, database, ann):
    await recognize(ann)

    seconds = await database.fetchval("SELECT extract(epoch FROM expires_at - now())::float FROM images")
    assert 86_000 < seconds <= 86_400
    assert await database.fetchval("SELECT count(*) FROM directories") == 0


async def test_recognizing_a_learned_photograph_does_not_make_it_expire(recognize, learn, database, ann):
    await learn("ann", ann)
    await recognize(ann)
    assert await database.fetchval("SELECT expires_at FROM images") is None


async def test_learning_a_recognized_photograph_keeps_it(recognize, learn, database, ann):
    await recognize(ann)
    await learn("ann", ann)
    assert await database.fetchval("SELECT expires_at FROM images") is None


async def test_without_retention_nothing_is_stored(serve, settings, database, ann, tmp_path):
    gateway = await serve(settings.model_copy(update={"recognized_retention_seconds": 0}))

    response = await gateway.post("/recognize", files={"file": ann})
    assert response.status_code == 201
    assert response.json()["url"] is None
    assert await database.fetchval("SELECT count(*) FROM images") == 0
    assert list((tmp_path / "images").iterdir()) == []


async def test_the_stages_are_timed(gateway, ann):
    response = await gateway.post("/recognize", files={"file": ann})

    stages = {stage.split(";")[0] for stage in response.headers["Server-Timing"].split(", ")}
    assert {"read", "vectorize", "decode", "detect", "align", "embed", "store", "search"} <= stages


async def test_faces_that_are_too_small_or_too_doubtful_are_left_out(recognize, group):
    """Three faces of different sizes."""
    faces = (await recognize(group))["persons"]
    sizes = sorted(min(right - left, bottom - top) for left, top, right, bottom in (face["box"] for face in faces))
    scores = sorted(face["score"] for face in faces)

    assert len((await recognize(group, min_size=str(sizes[1])))["persons"]) == 2
    assert len((await recognize(group, min_score=str((scores[1] + scores[2]) / 2)))["persons"]) == 1
    assert (await recognize(group, min_score="1"))["persons"] == []


async def test_several_files_have_an_answer_each(gateway, learn, recognize, ann, nobody):
    await learn("ann", ann)
    files = [("file", (name, content)) for name, content in (("a", ann), ("b", b"?"), ("c", nobody))]
    response = await gateway.post("/recognize", files=files)

    answer = response.json()
    assert (response.status_code, answer["status"], answer["directory"]) == (201, "OK", "default")
    a, b, c = answer["files"]
    assert a == await recognize(ann) | {"filename": "a"}
    assert b == {"status": b["status"], "code": "invalid-file-format", "filename": "b", "persons": None}
    assert (c["status"], c["persons"]) == ("OK", [])
    assert answer["model"] == a["model"]


async def test_several_files_that_are_all_refused(gateway):
    response = await gateway.post("/recognize", files=[("file", ("a", b"?")), ("file", ("b", b""))])

    answer = response.json()
    assert (response.status_code, answer["code"], answer["persons"]) == (422, "no-photograph-usable", None)
    assert [file["code"] for file in answer["files"]] == ["invalid-file-format", "file-empty"]


async def test_the_directory_says_how_samples_count(gateway, learn, recognize, ann, cid):
    await learn("ann", ann)
    await learn("ann", cid)
    best, mean = [(await recognize(ann, scoring=scoring))["persons"] for scoring in ("max", "mean")]
    assert best[0]["similarity"] > mean[0]["similarity"] + 0.2

    assert (await recognize(ann))["persons"] == best
    assert (await gateway.patch("/directories/default", json={"scoring": "mean"})).status_code == 200
    assert (await recognize(ann))["persons"] == mean
    assert (await recognize(ann, scoring="max"))["persons"] == best
