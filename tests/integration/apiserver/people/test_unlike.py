"""Lists of faces that do not resemble their person's other photographs."""

import pytest

from apiserver.people.unlike import _OF_DIRECTORY

ACME = "/directories/acme"


@pytest.fixture
def learn(gateway):
    async def post(person, *photographs):
        files = [("file", photograph) for photograph in photographs]
        answer = await gateway.post(f"{ACME}/persons/{person}/faces", files=files)
        assert answer.is_success, answer.text
        return [item["face"]["face"] for item in answer.json()["items"]]

    return post


@pytest.fixture
def listed(gateway):
    async def read(path, **query):
        """Return all items, page by page."""
        items, query = [], {"unlike": "true", **query}
        while True:
            answer = await gateway.get(f"{ACME}{path}", params=query)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            items += page["items"]
            if page["next"] is None:
                return items
            query["cursor"] = page["next"]

    return read


async def test_strangers_among_a_persons_photographs_are_listed(learn, listed, ann, ann_again, cid):
    *_, stranger = await learn("ann", ann, ann_again, cid)
    either = await learn("dora", ann, cid)
    await learn("alone", cid)

    found = await listed("/faces")
    assert [face["face"] for face in found] == [stranger, *sorted(either)]
    assert [face["person"] for face in found] == ["ann", "dora", "dora"]
    assert all(face["unlike"]["similarity"] < face["unlike"]["limit"] for face in found)
    assert await listed("/faces", limit=1) == found
    assert await listed("/persons/ann/faces") == found[:1]
    assert await listed("/persons/dora/faces", limit=1) == found[1:]
    assert await listed("/persons/alone/faces") == []


async def test_a_list_of_all_faces_does_not_compare_them(gateway, learn, ann, cid):
    await learn("ann", ann, cid)
    faces = (await gateway.get(f"{ACME}/persons/ann/faces")).json()["items"]
    assert [face["unlike"] for face in faces] == [None, None]


async def test_what_cannot_be_listed_is_refused(gateway, learn, ann):
    await learn("ann", ann)
    unlike = {"unlike": "true"}

    async def code(path, **query):
        return (await gateway.get(path, params=query)).json()["code"]

    assert await code("/directories/nowhere/faces", **unlike) == "directory-not-found"
    assert await code(f"{ACME}/persons/nobody/faces", **unlike) == "person-not-found"
    assert await code(f"{ACME}/faces", **unlike, unrecognizable="true") == "invalid-field"
    foreign = (await gateway.get("/directories", params={"limit": 1})).json()["next"] or "e30"
    assert await code(f"{ACME}/faces", **unlike, cursor=foreign) == "invalid-field"


@pytest.fixture
async def stranger(learn, ann, ann_again, cid):
    """The id of a face that is none of its person, who is the last one of the directory."""
    return (await learn("zoe", ann, ann_again, cid))[-1]


async def test_a_large_directory_is_compared_part_by_part(gateway, database, listed, stranger):
    """More faces than are compared for a page, of people with one photograph each."""
    await database.execute("""
        WITH people AS (
            INSERT INTO persons (directory, person) SELECT 'acme', 'p' || n FROM generate_series(1, 2500) AS n
            RETURNING person
        )
        INSERT INTO faces (directory, person, model, embedding, crop, box, score, image_sha256)
        SELECT 'acme', people.person, model, embedding, '', box, score, sha256(people.person::bytea)
        FROM people, (SELECT * FROM faces LIMIT 1) AS one
    """)
    first = (await gateway.get(f"{ACME}/faces", params={"unlike": "true"})).json()
    assert (first["items"], first["next"] is None) == ([], False)
    assert [face["face"] for face in await listed("/faces")] == [stranger]


async def test_a_page_begins_at_its_key(database):
    """Otherwise each page would read all faces of the pages before it."""
    await database.execute(
        "SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan"
    )
    await database.execute(f"PREPARE page AS {_OF_DIRECTORY}")
    key = "'bo', '00000000-0000-0000-0000-000000000000'"
    plan = await database.fetch(f"EXPLAIN EXECUTE page ('acme', 'model', 10, 10, {key})")
    lines = "\n".join(line[0] for line in plan)
    assert "(directory = $1) AND (model = $2) AND (person >= $5)" in lines
