"""Consent and restriction of persons: kept, required, and heeded by everything that names or enrols people."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from pgvector import HalfVector

from apiserver.database.opening import open_database
from apiserver.people import merges, splits
from apiserver.people.retention import CONSENT_ENDED, find
from tests.integration.apiserver.api.test_imports import ended, exported, here, hire, other, outcomes, start, zipped

__all__ = ["here", "hire", "other"]  # fixtures

NOW = datetime.now(UTC)
GIVEN = {"given_at": "2026-01-02T09:00:00Z", "text": "employees-v3"}
WHOLE: dict[str, str | None] = {**GIVEN, "basis": "consent", "until": None, "withdrawn_at": None}
EXPIRED = GIVEN | {"until": "2026-01-03T09:00:00Z"}
WITHDRAWN = GIVEN | {"withdrawn_at": "2026-01-03T09:00:00Z"}


@pytest.fixture
def put(gateway):
    async def put(person, **details):
        response = await gateway.put(f"/directories/acme/persons/{person}", json=details)
        assert response.status_code in {200, 201}, response.text
        return response.json()

    return put


@pytest.fixture
def learn(gateway):
    async def learn(person, photograph):
        return await gateway.post("/learn", data={"person": person, "directory": "acme"}, files={"file": photograph})

    return learn


@pytest.fixture
def named(gateway):
    """Returns whom each call that names people names on a photograph of one."""

    async def named(photograph, person):
        scope, files = {"directory": "acme"}, {"file": photograph}
        [seen] = (await gateway.post("/recognize", data=scope, files=files)).json()["persons"]
        embedded = (await gateway.post("/embed", files=files)).json()
        body = scope | {"model": embedded["model"], "embeddings": [embedded["faces"][0]["embedding"]]}
        [identified] = (await gateway.post("/identify", json=body)).json()["results"]
        verified = (await gateway.post("/verify", data=scope | {"person": person}, files=files)).json()
        candidates = {one["id"] for one in seen["candidates"]} | {one["person"] for one in identified["candidates"]}
        return candidates, verified["decision"], verified["similarity"]

    return named


@pytest.fixture
async def connection(database_url):
    async with open_database(database_url, pool_size=1, timeout_seconds=60) as opened, opened.connection() as lent:
        yield lent


async def test_a_consent_is_recorded_replaced_and_removed(gateway, put):
    assert (await put("ann", consent=GIVEN))["consent"] == WHOLE
    url = "/directories/acme/persons/ann"
    changed = await gateway.patch(url, json={"consent": GIVEN | {"basis": "contract", "until": "2027-01-01T00:00:00Z"}})
    assert changed.json()["consent"] == WHOLE | {"basis": "contract", "until": "2027-01-01T00:00:00Z"}
    kept = await gateway.patch(url, json={"display_name": "Ann"})
    assert kept.json()["consent"]["basis"] == "contract"
    [listed] = (await gateway.get("/directories/acme/persons")).json()["items"]
    assert (listed["consent"]["until"], listed["restricted"]) == ("2027-01-01T00:00:00Z", False)
    removed = await gateway.patch(url, json={"consent": None})
    assert removed.json()["consent"] is None
    assert (await put("ann", consent=GIVEN, restricted=True))["restricted"] is True
    replaced = await put("ann", display_name="Ann")
    assert (replaced["consent"], replaced["restricted"]) == (None, True), "only `false` lifts a restriction"
    assert (await put("ann", restricted=False))["restricted"] is False


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"text": "v1"}, "consent.given_at"),
        ({"given_at": "2026-01-02T09:00:00Z"}, "consent.text"),
        (GIVEN | {"text": ""}, "consent.text"),
        (GIVEN | {"text": "a\0b"}, "consent.text"),
        (GIVEN | {"given_at": "2026-01-02T09:00:00"}, "consent.given_at"),
        (GIVEN | {"given_at": 1767344400}, "consent.given_at"),
        (GIVEN | {"given_at": (NOW + timedelta(days=1)).isoformat()}, "consent"),
        (GIVEN | {"until": "2026-01-02T09:00:00Z"}, "consent"),
        (GIVEN | {"withdrawn_at": "2026-01-01T09:00:00Z"}, "consent"),
        (GIVEN | {"basis": "because"}, "consent.basis"),
        (GIVEN | {"untill": "2027-01-01T00:00:00Z"}, "consent.untill"),
        ("yes", "consent"),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_consent_that_cannot_be_one_is_refused(shared_gateway, wrong, place):
    for method in ("PUT", "PATCH"):
        answer = await shared_gateway.request(method, "/directories/acme/persons/ann", json={"consent": wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-field")
        assert answer.json()["detail"].startswith(f"{place}:")


async def test_who_is_restricted_or_lacks_a_required_consent_is_not_named(gateway, put, learn, named, ann, ann_again):  # noqa: PLR0917
    assert (await learn("ann", ann)).status_code == 201
    everywhere = ({"ann"}, "match")
    assert (await named(ann_again, "ann"))[:2] == everywhere
    await put("ann", consent=WITHDRAWN)
    assert (await named(ann_again, "ann"))[:2] == everywhere, "a directory that requires no consent only records it"

    assert (await gateway.patch("/directories/acme", json={"require_consent": True})).json()["require_consent"] is True
    for consent in (None, EXPIRED, WITHDRAWN):
        await put("ann", consent=consent)
        assert await named(ann_again, "ann") == (set(), "unknown", None)
    await put("ann", consent=GIVEN)
    assert (await named(ann_again, "ann"))[:2] == everywhere
    await put("ann", consent=GIVEN, restricted=True)
    assert await named(ann_again, "ann") == (set(), "unknown", None)
    await gateway.patch("/directories/acme", json={"require_consent": None})
    assert await named(ann_again, "ann") == (set(), "unknown", None)
    await put("ann", restricted=False)
    assert (await named(ann_again, "ann"))[:2] == everywhere


async def test_nobody_without_a_required_consent_is_enrolled(gateway, put, learn, ann, bob, database):  # noqa: PLR0917
    await gateway.put("/directories/acme", json={"require_consent": True})
    for consent in (None, EXPIRED, WITHDRAWN):
        await put("ann", consent=consent)
        answer = await learn("ann", ann)
        assert (answer.status_code, answer.json()["code"]) == (409, "consent-missing")
    added = await gateway.post("/directories/acme/persons/bob/faces", files=[("file", bob)])
    assert [item["problem"]["code"] for item in added.json()["items"]] == ["consent-missing"]
    assert await database.fetchval("SELECT count(*) FROM faces") == 0
    assert await database.fetchval("SELECT count(*) FROM persons WHERE person = 'bob'") == 0

    await put("ann", consent=GIVEN)
    assert (await learn("ann", ann)).status_code == 201
    assert await database.fetchval("SELECT count(*) FROM faces") == 1


async def test_imports_keep_consents_and_heed_the_rule(here, other, put, ann, bob):
    await put("ann", consent=GIVEN | {"until": "2999-01-01T00:00:00Z"})
    await put("cid", consent=WITHDRAWN, restricted=True)
    job = await start(here.gateway, zipped({"ann/1.jpg": ann, "bob/1.jpg": bob}))
    await ended(here.gateway, job)
    await other.gateway.put("/directories/acme", json={"require_consent": True})

    job = await start(other.gateway, await exported(here.gateway))
    assert (await ended(other.gateway, job))["state"] == "done"

    found = {each["person"]: (each["outcome"], each.get("code")) for each in await outcomes(other.gateway, job)}
    assert found == {"ann": ("created", None), "bob": ("refused", "consent-missing")}
    people = (await other.gateway.get("/directories/acme/persons")).json()["items"]
    assert {each["person"]: (each["consent"], each["restricted"]) for each in people} == {
        "ann": (WHOLE | {"until": "2999-01-01T00:00:00Z"}, False),
        "bob": (None, False),
        "cid": ({**WHOLE, **WITHDRAWN}, True),
    }


FACE = """
INSERT INTO faces (directory, person, model, embedding, crop, box, score, image_sha256)
VALUES ('acme', $1, 'model', $2, '', '{0,0,1,1}', 0.9, sha256('1')) RETURNING face
"""


@pytest.mark.parametrize(
    ("anns", "bobs", "merged"),
    [
        (GIVEN, None, WHOLE),
        (None, GIVEN, None),
        (GIVEN, GIVEN | {"until": "2030-01-01T00:00:00Z"}, WHOLE | {"until": "2030-01-01T00:00:00Z"}),
        (GIVEN, WITHDRAWN, WHOLE | WITHDRAWN),
        (GIVEN | {"given_at": "2026-02-01T00:00:00Z"}, WITHDRAWN, WHOLE | {"given_at": "2026-02-01T00:00:00Z"}),
    ],
)
async def test_the_stricter_consent_survives_a_merge(gateway, put, connection, anns, bobs, merged):  # noqa: PLR0917
    await put("ann", consent=anns)
    await put("bob", consent=bobs, restricted=True)
    before = (await gateway.get("/directories/acme/persons/bob")).json()
    merge = await merges.merge(connection, "acme", "ann", ["bob"])

    one = (await gateway.get("/directories/acme/persons/ann")).json()
    assert (one["consent"], one["restricted"]) == (merged, True)
    await splits.undo(connection, "acme", "ann", merge, into_existing=False)
    back = (await gateway.get("/directories/acme/persons/bob")).json()
    assert (back["consent"], back["restricted"]) == (before["consent"], True)


async def test_what_was_withdrawn_or_restricted_since_a_merge_stays_so_after_it(gateway, put, connection):
    await put("ann", consent=GIVEN)
    await put("bob", consent=GIVEN)
    merge = await merges.merge(connection, "acme", "ann", ["bob"])
    await put("ann", consent=WITHDRAWN, restricted=True)
    await splits.undo(connection, "acme", "ann", merge, into_existing=False)
    back = (await gateway.get("/directories/acme/persons/bob")).json()
    assert (back["consent"], back["restricted"]) == ({**WHOLE, **WITHDRAWN}, True)


async def test_a_person_split_off_has_the_restriction_and_no_consent(gateway, put, connection):
    await put("ann", consent=GIVEN, restricted=True)
    face = await connection.fetchval(FACE, "ann", HalfVector([1.0, 0.0]))
    await splits.take_faces(connection, "acme", "ann", [face], "bob", into_existing=False)
    bob = (await gateway.get("/directories/acme/persons/bob")).json()
    assert (bob["consent"], bob["restricted"], bob["faces"]) == (None, True, 1)


async def test_whose_consent_ended_long_ago_is_found_for_deletion(put, connection):
    for person, consent in {
        "never": None,
        "valid": GIVEN,
        "expired": EXPIRED,
        "withdrawn": WITHDRAWN,
        "yesterday": GIVEN | {"until": (NOW - timedelta(days=1)).isoformat()},
    }.items():
        await put(person, consent=consent)
    found = await find(connection, "acme", CONSENT_ENDED, timedelta(days=2))
    assert sorted(found) == ["expired", "withdrawn"]
    assert len(await find(connection, "acme", CONSENT_ENDED, timedelta(0))) == 3


async def test_the_export_of_a_person_has_the_consent(gateway, put):
    await put("ann", consent=WITHDRAWN, restricted=True)
    answer = await gateway.get("/directories/acme/persons/ann/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        described = json.loads(archive.read("person.json"))
    assert (described["consent"], described["restricted"]) == ({**WHOLE, **WITHDRAWN}, True)
