"""GET and PUT /directories/{directory}, and what they do to /recognize."""

import asyncio
import json
from datetime import timedelta
from urllib.parse import quote

import asyncpg
import pytest

from apiserver.biometrics.model import Calibration, Model, Thresholds
from apiserver.database.opening import open_database
from apiserver.directories.records import Directories
from apiserver.directories.settings import DirectorySettings
from apiserver.directories.sizes import DirectorySizes
from tests.waiting import Clock, until

MODEL = Model("model", 2, Calibration(20, -8), Thresholds(0.5, 0.4))

ENROL_MANY = """
INSERT INTO faces (directory, person, model, embedding, crop, box, score, image, image_sha256)
SELECT directory, person, model, embedding, crop, box, score, image, sha256(number::text::bytea)
FROM faces, generate_series(1, $2) AS number WHERE directory = $1
"""


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=2, timeout_seconds=60) as database:
        yield database


@pytest.fixture
def put(gateway):
    async def put(directory, body):
        return await gateway.put(f"/directories/{quote(directory, safe='')}", content=body)

    return put


@pytest.fixture
def get(gateway):
    async def get(directory):
        return await gateway.get(f"/directories/{quote(directory, safe='')}")

    return get


@pytest.fixture
def recognize(gateway):
    async def recognize(photograph, **fields):
        response = await gateway.post("/recognize", data=fields, files={"file": photograph})
        assert response.status_code == 201, response.text
        return response.json()

    return recognize


@pytest.fixture
def learn(gateway):
    async def learn(person, photograph, directory):
        fields = {"person": person, "directory": directory}
        assert (await gateway.post("/learn", data=fields, files={"file": photograph})).status_code == 201

    return learn


async def test_a_directory_that_is_not_there(get):
    response = await get("acme")
    assert (response.status_code, response.json()["code"]) == (404, "directory-not-found")
    assert response.headers["content-type"] == "application/problem+json"


async def test_put_makes_a_directory_and_get_tells_of_it(put, get):
    made = await put("acme", b'{"fpir": 0.01}')
    again = await put("acme", b'{"fpir": 0.01}')
    read = await get("acme")

    assert (made.status_code, again.status_code, read.status_code) == (201, 200, 200)
    assert again.json() == read.json() == made.json() | {"revision": 2, "updated_at": again.json()["updated_at"]}
    answer = read.json()
    assert (answer["directory"], answer["fpir"], answer["threshold"]) == ("acme", 0.01, None)
    assert (answer["persons"], answer["faces"]) == (0, 0)
    assert answer["model"].startswith("sface_2021dec@")
    assert answer["thresholds"]["source"] == "directory-fpir"
    assert answer["thresholds"]["calibrated"]


async def test_what_was_enrolled_is_counted(learn, get, ann, ann_again, bob):
    await learn("ann", ann, "acme")
    await learn("ann", ann_again, "acme")
    await learn("bob", bob, "acme")

    answer = (await get("acme")).json()
    assert (answer["persons"], answer["faces"], answer["fpir"]) == (2, 3, None)
    assert (answer["thresholds"]["source"], answer["thresholds"]["fpir"]) == ("default", 0.001)


async def test_put_replaces_everything_and_nothing_is_the_default(put, get):
    await put("acme", b'{"threshold": 0.6}')
    fixed = (await get("acme")).json()
    await put("acme", b"{}")
    reset = (await get("acme")).json()

    assert (fixed["threshold"], fixed["threshold_model"]) == (0.6, fixed["model"])
    assert (fixed["thresholds"]["match"], fixed["thresholds"]["source"]) == (0.6, "directory-threshold")
    assert (reset["threshold"], reset["threshold_model"], reset["thresholds"]["source"]) == (None, None, "default")


@pytest.mark.parametrize(
    ("body", "refusal", "words"),
    [
        (b"", (400, "invalid-json"), "not a JSON object"),
        (b"fpir=0.1", (400, "invalid-json"), "not a JSON object"),
        (b"[0.1]", (400, "invalid-json"), "not a JSON object"),
        (b" " * 100_000, (400, "invalid-json"), "too long"),
        (b'{"fpir": 0.5}', (422, "invalid-settings"), "fpir: Input should be less than or equal to 0.1"),
        (b'{"fpir": 0}', (422, "invalid-settings"), "fpir: Input should be greater than or equal to"),
        (b'{"fpir": "0.01"}', (422, "invalid-settings"), "fpir: Input should be a valid number"),
        (b'{"threshold": 1.5}', (422, "invalid-settings"), "threshold: "),
        (b'{"threshold": NaN}', (422, "invalid-settings"), "threshold: "),
        (b'{"fpri": 0.01}', (422, "invalid-settings"), "fpri: the field is called fpir."),
        (b'{"fpir": 0.01, "threshold": 0.5}', (422, "invalid-settings"), "exclude each other"),
    ],
)
async def test_a_body_that_cannot_be(put, get, body, refusal, words):
    response = await put("acme", body)

    problem = response.json()
    assert (response.status_code, problem["code"]) == refusal
    assert words in problem["detail"]
    assert (await get("acme")).status_code == 404


@pytest.mark.parametrize("name", ["a/b", "a b", "Zoë & Søn", "100 %", "a?b#c", "..a", "日本", "a%2Fb"])
async def test_a_name_may_have_any_character(put, get, learn, ann, name):
    await learn("ann", ann, name)
    assert (await put(name, b'{"fpir": 0.01}')).status_code == 200, "it is the directory of /learn"
    answer = (await get(name)).json()
    assert (answer["directory"], answer["fpir"], answer["faces"]) == (name, 0.01, 1)


@pytest.mark.parametrize("path", ["a%00b", "x" * 256, "%FF"])
async def test_a_name_that_cannot_be(gateway, path):
    response = await gateway.get(f"/directories/{path}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid-name")


@pytest.mark.parametrize("path", ["/directories//", "/directories/a/b"])
async def test_a_bare_slash_separates(gateway, path):
    response = await gateway.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


async def test_another_method_is_refused(gateway):
    response = await gateway.post("/directories/acme")
    assert (response.status_code, response.json()["code"]) == (405, "method-not-allowed")


async def test_a_growing_directory_raises_its_thresholds(serve, settings, learn, database, ann):
    await learn("ann", ann, "acme")

    async def thresholds():
        fresh = await serve(settings)  # a replica that has counted nothing yet
        response = await fresh.post("/recognize", data={"directory": "acme"}, files={"file": ann})
        return response.json()["thresholds"]

    small = await thresholds()
    await database.execute(ENROL_MANY, "acme", 1999)
    large = await thresholds()

    assert (small["faces"], large["faces"]) == (1, 2000)
    assert large["match"] > small["match"] + 0.02
    assert large["review"] > small["review"] + 0.02
    assert small["source"] == large["source"] == "default"


async def test_who_says_what_applies(recognize, learn, put, ann, ann_again):
    await learn("ann", ann, "acme")

    async def decided(**fields):
        answer = await recognize(ann_again, directory="acme", **fields)
        return answer["persons"][0]["decision"], answer["thresholds"]["source"]

    assert await decided() == ("match", "default")
    await put("acme", b'{"threshold": 0.999}')
    assert await decided() == ("review", "directory-threshold"), "a change through this gateway is seen at once"
    assert await decided(threshold="0.5") == ("match", "request")
    await put("acme", b'{"fpir": 0.1}')
    assert await decided() == ("match", "directory-fpir")


async def test_the_services_own_rate(serve, settings, ann):
    gateway = await serve(settings.model_copy(update={"fpir": 0.05}))
    response = await gateway.post("/recognize", files={"file": ann})
    assert (response.json()["thresholds"]["fpir"], response.json()["thresholds"]["source"]) == (0.05, "default")


@pytest.mark.timing
async def test_a_change_elsewhere_is_seen_after_a_while(recognize, put, serve, settings, ann):
    other = await serve(settings)
    await put("acme", b'{"threshold": 0.6}')
    assert (await recognize(ann, directory="acme"))["thresholds"]["match"] == 0.6
    await other.put("/directories/acme", content=b'{"threshold": 0.7}')

    async def seen():
        return (await recognize(ann, directory="acme"))["thresholds"]["match"] == 0.7

    await until(seen)


async def test_without_a_vectorizer_it_is_said(serve, settings):
    gateway = await serve(settings.model_copy(update={"vectorizer_urls": "http://127.0.0.1:1"}))
    response = await gateway.put("/directories/acme", content=b"{}")
    assert (response.status_code, response.json()["code"]) == (503, "vectorizer-unavailable")


async def test_settings_are_remembered_for_recognition(connections, database):
    clock = Clock()
    directories = Directories(connections, DirectorySizes(connections), 0.001, clock)
    await directories.write("acme", DirectorySettings(fpir=0.02))
    await database.execute("UPDATE directories SET fpir = 0.03")
    clock.seconds += 0.99
    assert (await directories.search_terms("acme", MODEL)).applied.fpir == 0.02
    clock.seconds += 0.01
    assert (await directories.search_terms("acme", MODEL)).applied.fpir == 0.03
    await database.execute("UPDATE directories SET fpir = 0.04")
    assert (await directories.search_terms("acme", MODEL)).applied.fpir == 0.03
    assert (await directories.read("acme")).settings == DirectorySettings(fpir=0.04)


async def test_patch_changes_what_is_named_alone(gateway, put, get):
    everything = {
        "fpir": 0.01,
        "scoring": "mean",
        "recognized_retention_seconds": 0,
        "unseen_retention_days": 30,
        "quality": {"action": "refuse", "min_face_pixels": 40, "max_yaw_degrees": 30.5},
    }
    await put("acme", json.dumps(everything))

    async def patch(**body):
        response = await gateway.patch("/directories/acme", content=json.dumps(body))
        assert response.status_code == 200, response.text
        assert response.headers["etag"] == f'"{response.json()["revision"]}"'
        assert response.json() == (await get("acme")).json()
        return response.json()

    unset: dict[str, None] = dict.fromkeys(("min_sharpness", "min_brightness", "max_brightness"))
    answer = await patch()
    assert answer["quality"].items() >= unset.items()
    answer["quality"] = {name: value for name, value in answer["quality"].items() if name not in unset}
    assert {name: answer[name] for name in everything} == everything
    answer = await patch(fpir=None, threshold=0.5, scoring=None)
    assert (answer["fpir"], answer["threshold"], answer["threshold_model"]) == (None, 0.5, answer["model"])
    assert (answer["scoring"], answer["recognized_retention_seconds"], answer["unseen_retention_days"]) == (None, 0, 30)
    assert (await patch(quality=None))["quality"] is None
    assert (await patch(threshold=None))["threshold_model"] is None
    await put("acme", "{}")
    assert {(await get("acme")).json()[name] for name in everything} == {None}


async def test_a_patch_that_cannot_be(gateway, put, get):
    assert (await gateway.patch("/directories/acme", content="{}")).status_code == 404
    await put("acme", b'{"fpir": 0.01}')
    before = (await get("acme")).json()
    for body in (b'{"threshold": 0.5}', b'{"quality": {"action": "shout"}}', b'{"unseen_retention_days": 0}'):
        response = await gateway.patch("/directories/acme", content=body)
        assert (response.status_code, response.json()["code"]) == (422, "invalid-settings")
    for call in (gateway.patch, gateway.put):
        response = await call("/directories/acme", content=b"{}", headers={"If-Match": '"7"'})
        assert (response.status_code, response.json()["code"]) == (412, "precondition-failed")
    missing = await gateway.put("/directories/other", content=b"{}", headers={"If-Match": "*"})
    assert missing.status_code == 412
    assert (await get("other")).status_code == 404
    assert (await get("acme")).json() == before
    assert (await gateway.get("/directories/acme", headers={"If-None-Match": '"1"'})).status_code == 304


async def test_a_directory_that_is_only_to_be_created(gateway, get):
    """Of several at once, one creates it; what exists stays as it is."""
    absent = {"If-None-Match": "*"}
    answers = await asyncio.gather(
        *(gateway.put("/directories/acme", json={"recognized_retention_seconds": n}, headers=absent) for n in range(5))
    )
    [made] = [answer for answer in answers if answer.status_code == 201]
    refused = {(answer.status_code, answer.json().get("code")) for answer in answers if answer is not made}
    assert refused == {(412, "already-exists")}
    assert (await get("acme")).json() == made.json()
    assert (await gateway.put("/directories/acme", content=b"{}", headers={"If-None-Match": '"7"'})).status_code == 200

    person = "/directories/acme/persons/ann"
    assert (await gateway.put(person, json={"display_name": "Ann"}, headers=absent)).status_code == 201
    again = await gateway.put(person, json={}, headers=absent)
    assert (again.status_code, again.json()["code"]) == (412, "already-exists")
    assert (await gateway.get(person)).json()["display_name"] == "Ann"


async def test_directories_are_listed_by_name(gateway, put, learn, ann, bob):
    await learn("ann", ann, "acme")
    await learn("bob", bob, "acme")
    for name in ("acme/2", "b", "Ä"):
        await put(name, b"{}")

    async def page(**query):
        response = await gateway.get("/directories", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    first = await page(limit=3)
    assert [(item["directory"], item["persons"], item["faces"]) for item in first["items"]] == [
        ("acme", 2, 2), ("acme/2", 0, 0), ("b", 0, 0),
    ]  # fmt: skip
    last = await page(limit=3, cursor=first["next"])
    assert ([item["directory"] for item in last["items"]], last["next"]) == (["Ä"], None)
    assert [item["directory"] for item in (await page(prefix="acme"))["items"]] == ["acme", "acme/2"]
    response = await gateway.get("/directories", params={"cursor": "x"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-field")


@pytest.mark.timing
async def test_what_takes_long_to_count_makes_pages_shorter(serve, settings, database):
    await database.execute(
        "INSERT INTO directories (directory) SELECT n::text FROM generate_series(1, 2) AS n;"
        "INSERT INTO persons (directory, person) SELECT directory, 'ann' FROM directories;"
        "ALTER TABLE persons RENAME TO counted_slowly;"
        "CREATE VIEW persons AS SELECT * FROM counted_slowly WHERE pg_sleep(2.5)::text = ''"
    )
    gateway = await serve(settings.model_copy(update={"database_timeout_seconds": 2}))
    pages: list[list[tuple[str, int]]] = []
    cursor: dict[str, str] = {}
    while not pages or cursor["cursor"]:
        answer = (await gateway.get("/directories", params=cursor)).json()
        pages.append([(item["directory"], item["persons"]) for item in answer["items"]])
        cursor = {"cursor": answer["next"]}

    assert [one for page in pages for one in page] == [("1", 1), ("2", 1)]
    assert len(pages) == 2
    assert all(pages)


async def test_scoring_is_the_directorys(recognize, learn, put, ann, ann_again):
    await learn("ann", ann, "acme")
    await learn("ann", ann_again, "acme")
    best = (await recognize(ann, directory="acme"))["persons"][0]["similarity"]
    await put("acme", b'{"scoring": "mean"}')
    mean = (await recognize(ann, directory="acme"))["persons"][0]["similarity"]
    assert mean < best == (await recognize(ann, directory="acme", scoring="max"))["persons"][0]["similarity"]


async def test_retention_is_the_directorys(recognize, put, database, ann):
    await put("acme", b'{"recognized_retention_seconds": 60}')
    await recognize(ann, directory="acme")
    stays = await database.fetchval("SELECT max(expires_at - now()) FROM images")
    assert timedelta(0) < stays <= timedelta(seconds=60)
    await put("acme", b'{"recognized_retention_seconds": 0}')
    assert (await recognize(ann, directory="acme"))["url"] is None


async def test_the_database_refuses_both(database):
    with pytest.raises(asyncpg.CheckViolationError):
        await database.execute(
            "INSERT INTO directories (directory, fpir, threshold, threshold_model) VALUES ('a', 0.1, 0.1, 'm')"
        )
