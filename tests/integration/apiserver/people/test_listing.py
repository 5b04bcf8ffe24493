"""Persons found by any part of their name, in every order, with what shows them."""

# ruff: noqa: RUF001 - names of all scripts

import json
from itertools import product
from urllib.parse import quote

import asyncpg
import pytest

from apiserver.database.opening import open_database
from apiserver.people.counts import recount

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = {
    "mueller": "Jörg Müller",
    "weiss": "Anna WEISS",
    "strasse": "Otto an der Straße",
    "ibrahim": "İbrahim Işık",
    "zoe": "Zoe\u0308 Quinn",
    "wang": "王小明",
    "petrova": "Мария Петрова",
    "fyodor": "Фёдор",
    "odegard": "Søren Ødegård",
    "lukasz": "Łukasz Żółć",
    "obrien": "Pat O\u2019Brien",
    "wide": "Ｂｏｂ　Ｗｉｄｅ",
    "greek": "ΕΛΕΝΗ ΠΑΠΠΑΣ",
    "hidden": "Mary\u00ad-\u200bJane",
    "arabic": "مُحَمَّد",
    "percent": "100% _sure_ \\o/",
    "4712": "Jürgen Groß",
    "4713": "Juergen Gross",
    "UPPER.Case-ID": None,
}

FOUND = [
    ("muller", {"mueller"}),
    ("MÜLLER", {"mueller"}),
    ("mu\u0308ll", {"mueller"}),
    ("weiß", {"weiss"}),
    ("STRASSE", {"strasse"}),
    ("straẞe", {"strasse"}),
    ("ibrahim", {"ibrahim"}),
    ("İBRAHİM", {"ibrahim"}),
    ("ISIK", {"ibrahim"}),
    ("ışık", {"ibrahim"}),
    ("zoë", {"zoe"}),
    ("Zoe", {"zoe"}),
    ("小", {"wang"}),
    ("小明", {"wang"}),
    ("明王", set()),
    ("ПЕТР", {"petrova"}),
    ("федор", {"fyodor"}),
    ("Ф", {"fyodor"}),
    ("odegard", {"odegard"}),
    ("ØDEG", {"odegard"}),
    ("lukasz zolc", {"lukasz"}),
    ("o'brien", {"obrien"}),
    ("O’Brien", {"obrien"}),
    ("bob wide", {"wide"}),
    ("Ｗ", {"weiss", "wang", "wide"}),
    ("ελενη", {"greek"}),
    ("παππας", {"greek"}),
    ("mary-jane", {"hidden"}),
    ("محمد", {"arabic"}),
    ("100%", {"percent"}),
    ("_", {"percent"}),
    ("\\", {"percent"}),
    ("upper.case", {"UPPER.Case-ID"}),
    ("se-id", {"UPPER.Case-ID"}),
    ("  quinn\tZOE ", {"zoe"}),
    ("quinn müller", set()),
    ("x-4711", {"zoe"}),
    ("zoequinn", set()),
    ("joerg", {"mueller"}),
    ("soeren oedegaard", {"odegard"}),
    ("juergen", {"4712", "4713"}),
    ("JU\u0308RGEN GROSS", {"4712", "4713"}),
    ("jurgen", {"4712"}),
    ("muueller", set()),
]


FURTHER = {"UPPER.Case-ID", "hidden", "4712", "4713"}
"""Whose name has an e, and whose id has none."""


async def put(gateway, directory, person, **details):
    response = await gateway.put(
        f"/directories/{directory}/persons/{quote(person, safe='')}", content=json.dumps(details)
    )
    assert response.status_code in {200, 201}, response.text


async def listed(gateway, directory, **query):
    """Return the ids of all pages."""
    found, cursor = [], None
    while True:
        more: dict[str, str] = {} if cursor is None else {"cursor": cursor}
        answer = await gateway.get(f"/directories/{directory}/persons", params={**query, **more})
        assert answer.status_code == 200, answer.text
        found += [person["person"] for person in answer.json()["items"]]
        cursor = answer.json()["next"]
        if cursor is None:
            return found


async def test_any_part_of_a_name(shared_gateway):
    for person, name in NAMES.items():
        await put(shared_gateway, "names", person, display_name=name, external_id="X-4711" if person == "zoe" else None)
    await put(shared_gateway, "other", "mueller", display_name="Müller")

    for search, expected in FOUND:
        assert set(await listed(shared_gateway, "names", search=search)) == expected, search
    assert await listed(shared_gateway, "names", search=" \u3000") == sorted(NAMES, key=str.encode)

    everybody = await listed(shared_gateway, "names", sort="name")
    assert everybody[:4] == ["percent", "weiss", "wide", "ibrahim"]
    for sort, search in product(["name", "person", "created_at", "last_seen_at", "faces"], ["", "e"]):
        up = await listed(shared_gateway, "names", sort=sort, search=search, limit="3")
        down = await listed(shared_gateway, "names", sort=f"-{sort}", search=search, limit="2")
        assert up == down[::-1]
        assert set(up) == (set(NAMES) if not search else {person for person in NAMES if "e" in person} | FURTHER)


async def test_a_changed_name_is_found_and_the_old_one_is_not(shared_gateway):
    await put(shared_gateway, "renamed", "a", display_name="Zoë")
    await shared_gateway.patch("/directories/renamed/persons/a", json={"display_name": None, "person": "Ölaf"})
    assert await listed(shared_gateway, "renamed", search="zoe") == []
    assert await listed(shared_gateway, "renamed", search="OLAF") == ["Ölaf"]


async def test_the_longest_names_are_found(shared_gateway):
    longest = "\u1fbc" * 255  # three characters in capitals, and four bytes each
    await put(shared_gateway, longest, longest, display_name="\ufdfa" * 1000, external_id=longest)
    assert await listed(shared_gateway, quote(longest, safe=""), search="\u1fbc" * 200, sort="name") == [longest]


async def test_many_persons_are_searched_to_the_last_one(shared_gateway, shared_database_url):
    connection = await asyncpg.connect(shared_database_url)
    await connection.execute("INSERT INTO directories (directory) VALUES ('many')")
    await connection.execute(
        "INSERT INTO persons (directory, person, display_name) "
        "SELECT 'many', 'p' || lpad(n::text, 4, '0'), CASE WHEN n % 500 = 0 THEN 'Łuk' END "
        "FROM generate_series(1, 4100) AS n"
    )
    await connection.close()

    everybody = await listed(shared_gateway, "many", search="P", limit="1000")
    assert everybody == [f"p{number:04}" for number in range(1, 4101)]
    for sort in ("person", "name", "-created_at"):
        found = await listed(shared_gateway, "many", search="luk", limit="3", sort=sort)
        assert sorted(found) == [f"p{number:04}" for number in range(500, 4001, 500)]
    assert await listed(shared_gateway, "many", search="4099") == ["p4099"]


_FEW = """
INSERT INTO directories (directory) VALUES ('few');
INSERT INTO persons (directory, person, display_name, created_at, last_seen_at)
SELECT 'few', 'p' || lpad(n::text, 4, '0'), CASE WHEN n % 300 > 0 THEN (n * 7 % 11) || 'Ann' END,
    timestamptz '2026-01-01 00:00Z' + n * 7 % 11 * interval '1 hour',
    CASE WHEN n % 2 > 0 THEN timestamptz '2026-01-02 00:00Z' + n * 3 % 5 * interval '1 hour' END
FROM generate_series(1, 4200) AS n;
INSERT INTO faces (directory, person, model, embedding, crop, box, score, image_sha256)
SELECT 'few', 'p' || lpad(n::text, 4, '0'), 'model', '[1,0]', '', '{0,0,1,1}', 1, sha256(int4send(sample))
FROM generate_series(300, 4200, 300) AS n, generate_series(1, n / 300 % 4) AS sample;
INSERT INTO face_warnings (directory, face, code, person, value, threshold)
SELECT directory, face, 'unlike-own', person, 0, 0 FROM faces WHERE directory = 'few';
"""


async def test_few_of_many_are_listed_in_every_order_from_page_to_page(shared_gateway, shared_database_url):
    connection = await asyncpg.connect(shared_database_url)
    await connection.execute(_FEW)
    await connection.close()
    async with open_database(shared_database_url, pool_size=1, timeout_seconds=60) as database:
        assert (await recount(database), await recount(database)) == (11, 0)

    unnamed = {f"p{number:04}" for number in range(300, 4201, 300)}
    warned = {person for person in unnamed if int(person[1:]) // 300 % 4}
    counts = {person: int(person[1:]) // 300 % 4 for person in unnamed}
    for query, expected in (({"named": "false"}, unnamed), ({"warned": "true"}, warned)):
        for sort in ("name", "person", "created_at", "last_seen_at", "faces"):
            up = await listed(shared_gateway, "few", sort=sort, limit="4", **query)
            assert await listed(shared_gateway, "few", sort=f"-{sort}", limit="3", **query) == up[::-1]
            assert (set(up), len(up)) == (expected, len(expected))
        assert up == sorted(expected, key=lambda person: (counts[person], person))


async def test_what_shows_a_person_and_filters(shared_gateway, ann, ann_again, bob):
    for person, photograph in (("ann", ann), ("ann", ann_again), ("bob", bob)):
        form = {"person": person, "directory": "shown"}
        assert (await shared_gateway.post("/learn", data=form, files={"file": photograph})).status_code == 201
    await put(shared_gateway, "shown", "cid", display_name="Cid")
    answer = await shared_gateway.get("/directories/shown/persons")
    first, second, third = answer.json()["items"]

    shown = {name: first[name] for name in ("faces", "photographs", "warnings")}
    assert shown == {"faces": 2, "photographs": 2, "warnings": 0}
    faces = (await shared_gateway.get("/directories/shown/persons/ann/faces")).json()["items"]
    assert first["crop"] == max(faces, key=lambda face: face["recognizability"])["crop"]
    assert (await shared_gateway.get(second["crop"])).headers["content-type"] == "image/jpeg"
    assert (third["faces"], third["photographs"], third["crop"]) == (0, 0, None)
    assert (await shared_gateway.get("/directories/shown/persons/ann")).json() == first

    async def found(**query):
        return await listed(shared_gateway, "shown", **query)

    assert await found(sort="-faces", limit="1") == ["ann", "bob", "cid"]
    assert (await found(named="true"), await found(named="false")) == (["cid"], ["ann", "bob"])
    assert (await found(warned="true"), await found(warned="false")) == ([], ["ann", "bob", "cid"])
    assert await found(created_since=second["created_at"]) == ["bob", "cid"]
    assert await found(seen_since="2020-01-01T00:00:00Z") == []
    await shared_gateway.post("/recognize", data={"directory": "shown"}, files={"file": bob})
    assert await found(seen_since="2020-01-01T00:00:00+01:00", search="b") == ["bob"]


@pytest.mark.parametrize(
    "query",
    [
        {"search": "\0"},
        {"search": "a" * 256},
        {"search": "a " * 17},
        {"named": "maybe"},
        {"created_since": "2026-01-01T00:00:00"},
        {"seen_since": "yesterday"},
        {"sort": "display_name"},
    ],
)
async def test_a_list_that_cannot_be(shared_gateway, query):
    answer = await shared_gateway.get("/directories/none/persons", params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-field")
