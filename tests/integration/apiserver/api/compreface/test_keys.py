"""Keys of clients of CompreFace: UUIDs, each of one directory; and what a gateway without the façade answers."""

import json
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from apiserver.access.grants import OPEN
from apiserver.access.scopes import SHORTHANDS, Scope
from apiserver.app import create_app
from apiserver.keys import records
from apiserver.keys.uuid_keys import images_token
from apiserver.keys.wishes import read_reach
from tests.integration.apiserver.api.compreface.conftest import API, Service, jpeg
from tests.integration.apiserver.conftest import serving
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

RECOGNIZE = "POST recognition/recognize"
SUBJECTS = "GET recognition/subjects"


def sending(service, key):
    return Service(service.client, service.directory, service.key_id, key)


@pytest.mark.parametrize(
    ("path", "kind"), [("recognition/faces", "Recognition"), ("verification/verify", "Verification")]
)
@pytest.mark.usefixtures("service")
async def test_an_unknown_key(facade, path, kind):
    key = str(uuid4())
    method = "GET" if path == "recognition/faces" else "POST"
    answer = await facade.request(method, f"{API}/{path}", headers={"x-api-key": key})
    assert answer.status_code == 404
    assert answer.json() == {"message": f"{kind} service with API Key {key} not found", "code": 10}


@pytest.mark.parametrize(
    ("status", "code", "headers"),
    [
        (400, 20, {}),
        (400, 26, {"x-api-key": "short"}),
        (404, 10, {"x-api-key": ""}),
        (404, 10, {"x-api-key": "x" * 5000}),
        (404, 10, {"x-api-key": "0" * 36}),
        (404, 10, {"x-api-key": "11111111-2222-3333-4444-55555555555g"}),
    ],
)
@pytest.mark.usefixtures("service")
async def test_keys_that_are_none(facade, status, code, headers):
    for path in ("recognition/subjects", "recognition/faces?page=x"):
        answer = await facade.get(f"{API}/{path}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_case_makes_no_other_key(service):
    assert await sending(service, service.key.upper()).call(SUBJECTS) == {"subjects": []}


async def test_a_key_reaches_nothing_of_another(new_service, ann, bob):
    mine, other = await new_service(), await new_service()
    image = await other.add("Ann", ann)
    await mine.add("Bob", bob)
    [face] = (await mine.call(RECOGNIZE, params={"prediction_count": 9}, files=jpeg(ann)))["result"]
    assert [each["subject"] for each in face["subjects"]] == ["Bob"]
    assert (await mine.call(SUBJECTS))["subjects"] == ["Bob"]
    assert (await mine.call("GET recognition/faces", params={"subject": "Ann"}))["total_elements"] == 0
    assert await mine.call(f"GET recognition/faces/{image}/img") == b""
    assert await mine.call(f"GET static/{images_token(mine.key)}/images/{image}") == b""
    assert await mine.call("POST recognition/faces/delete", json=[image]) == []
    assert await mine.code(f"DELETE recognition/faces/{image}", 404) == 44
    assert await mine.code(f"POST recognition/faces/{image}/verify", 404, files=jpeg(ann)) == 44
    embedding = {"embeddings": [[1.0] * 128]}
    assert await mine.code(f"POST recognition/embeddings/faces/{image}/verify", 404, json=embedding) == 44
    assert await mine.code("PUT recognition/subjects/Ann", 404, json={"subject": "x"}) == 42
    assert await mine.code("DELETE recognition/subjects/Ann", 404) == 42
    await mine.call("DELETE recognition/faces")
    await mine.call("DELETE recognition/subjects")
    assert (await other.call("GET recognition/faces"))["faces"] == [{"image_id": image, "subject": "Ann"}]


async def test_the_token_of_a_path_opens_photographs_alone(service, ann):
    image = await service.add("Ann", ann)
    token = images_token(service.key)
    for text in (token, token.upper()):
        answer = await service.client.get(f"{API}/static/{text}/images/{image}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"].startswith("private")
    for text in (service.key, str(uuid4()), "x", "%2e%2e"):
        answer = await service.client.get(f"{API}/static/{text}/images/{image}")
        assert (answer.status_code, answer.json()["code"]) == (404, 10), text
    as_key = sending(service, token)
    for action in (SUBJECTS, f"GET recognition/faces/{image}/img", RECOGNIZE, f"DELETE recognition/faces/{image}"):
        assert await as_key.code(action, 404) == 10


async def signed_in(service, database, directory):
    """Return the headers of a browser with a session of a directory."""
    wanted = records.Wanted("test", SHORTHANDS["manage"], read_reach([directory]))
    _, text = await records.create(database, wanted, "test")
    answer = await service.client.post("/session", json={"key": text})
    service.client.cookies.clear()
    cookie = answer.headers["set-cookie"].partition(";")[0]
    return {"Cookie": cookie, "X-Faceserver-CSRF": answer.json()["csrf_token"], "Sec-Fetch-Site": "same-origin"}


async def test_browsers_with_a_session_see_what_the_token_opens(service, keys_database, ann):
    """They send its cookie with the addresses of other pages, too, also after it has ended."""
    image = await service.add("Ann", ann)
    own = await signed_in(service, keys_database, service.directory)
    ended = await signed_in(service, keys_database, service.directory)
    elsewhere = await signed_in(service, keys_database, uuid4().hex)
    assert (await service.client.delete("/session", headers=ended)).is_success

    async def shown(token, browser):
        path = f"{API}/static/{token}/images/{image}"
        answer = await service.client.get(path, headers={"Cookie": browser["Cookie"]})
        return answer.json() if answer.is_error else len(answer.content) > 1000

    for browser in (own, ended, elsewhere):
        assert await shown(images_token(service.key), browser) is True
    for token in ("x", str(uuid4())):
        assert await shown(token, own) is True
        assert (await shown(token, ended))["code"] == 10


async def test_photographs_need_both_scopes(new_service, ann):
    owner = await new_service()
    image = await owner.add("Ann", ann)
    reader = await new_service(owner.directory, frozenset({Scope.READ}))
    assert await reader.code(f"GET recognition/faces/{image}/img", 403) == 10
    answer = await reader.client.get(f"{API}/static/{images_token(reader.key)}/images/{image}")
    assert (answer.status_code, answer.json()["code"]) == (403, 10)


async def test_deletions_count_for_no_limit(service, keys_database):
    """Also the one that is a POST."""
    wanted = records.Wanted(
        "test",
        SHORTHANDS["manage"],
        read_reach([service.directory]),
        limits={"requests_per_minute": 1},
        kind=records.Kind.UUID,
    )
    _, text = await records.create(keys_database, wanted, "test")
    limited = sending(service, text)
    deletions = ("DELETE recognition/faces", "POST recognition/faces/delete")
    for action in deletions:
        await limited.call(action, json=[])
    await limited.call(SUBJECTS)
    await limited.code(SUBJECTS, 429)
    for action in deletions:
        await limited.call(action, json=[])


async def is_refused(service):
    answer = await service.client.get(f"{API}/recognition/subjects", headers={"x-api-key": service.key})
    return answer.status_code != 200


async def test_rotation_and_revocation(service, keys_database, ann):
    image = await service.add("Ann", ann)
    _, text = await records.rotate(keys_database, service.key_id, OPEN, timedelta(hours=1))
    rotated = sending(service, text)
    for each in (service, rotated):
        assert await each.call(SUBJECTS) == {"subjects": ["Ann"]}
        assert await each.call(f"GET static/{images_token(each.key)}/images/{image}")
    _, text = await records.rotate(keys_database, service.key_id, OPEN, timedelta(0))
    for each in (service, rotated):
        await until(partial(is_refused, each))
    last = sending(service, text)
    assert await last.call(SUBJECTS)
    await records.revoke(keys_database, service.key_id, OPEN)
    await until(partial(is_refused, last))


async def test_other_keys_work_too_if_they_have_one_directory(facade, keys_database, service, ann):
    await service.add("Ann", ann)
    for directories, status in (([service.directory], 200), (["*"], 200), (["acme/*"], 404), (["a", "b"], 404)):
        wanted = records.Wanted("test", SHORTHANDS["manage"], read_reach(directories))
        _, text = await records.create(keys_database, wanted, "test")
        for headers in ({"x-api-key": text}, {"Authorization": f"Bearer {text}"}):
            answer = await facade.get(f"{API}/recognition/subjects", headers=headers)
            assert answer.status_code == status, directories
            if directories == [service.directory]:
                assert answer.json() == {"subjects": ["Ann"]}


async def test_uuids_are_no_keys_of_other_calls(service):
    for headers in ({"x-api-key": service.key}, {"Authorization": f"Bearer {service.key}"}):
        answer = await service.client.get("/directories", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "key-invalid")


async def test_changes_are_in_the_audit(service, keys_database, ann):
    image = await service.add("Ann", ann)
    await service.call(f"DELETE recognition/faces/{image}")
    rows = await keys_database.fetch(
        "SELECT subject, action, outcome, counts FROM audit WHERE directory = $1 ORDER BY id", service.directory
    )
    who = {(row["subject"], row["outcome"]) for row in rows if row["subject"] != "test"}
    assert (f"key:{service.key_id}", "ok") in who
    actions = [row["action"] for row in rows if row["subject"] == f"key:{service.key_id}"]
    assert actions == ["POST /api/v1/recognition/faces", "DELETE /api/v1/recognition/faces/{image_id}"]
    assert "Ann" not in json.dumps([row["counts"] for row in rows])


async def test_where_no_key_is_required_any_text_is_one(facade_settings, service, ann):
    """It means the directory `default`; a key that exists means its own."""
    image = await service.add("Ann", ann)
    open_ones = facade_settings.model_copy(update={"require_keys": False})
    async with serving(create_app(open_ones)) as client:
        for text in ("anything", str(uuid4()), ""):
            answer = await client.get(f"{API}/recognition/subjects", headers={"x-api-key": text})
            assert "Ann" not in answer.text
            assert answer.status_code == 200
        answer = await client.get(f"{API}/recognition/subjects", headers={"x-api-key": service.key})
        assert answer.json() == {"subjects": ["Ann"]}
        assert (await client.get(f"{API}/recognition/subjects")).json()["code"] == 20
        assert (await client.get(f"{API}/static/anything/images/{image}")).content == b""
        assert len((await client.get(f"{API}/static/{images_token(service.key)}/images/{image}")).content) > 1000


async def test_without_the_facade_there_are_no_such_calls(facade_settings, service):
    without = facade_settings.model_copy(update={"facades": ""})
    async with serving(create_app(without)) as client:
        answer = await client.get(f"{API}/config")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        answer = await client.get(f"{API}/recognition/subjects", headers={"x-api-key": service.key})
        assert (answer.status_code, answer.json()["code"]) == (401, "key-invalid")


async def test_what_is_told_without_a_key(facade):
    config = (await facade.get(f"{API}/config")).json()
    assert config["clientMaxBodySize"] > config["clientMaxFileSize"] == 32_000_000
    status = (await facade.get(f"{API}/consistence/status")).json()
    assert (status["status"], status["saveImagesToDB"], status["dbIsInconsistent"]) == ("OK", True, False)
    answer = await facade.post(f"{API}/migrate")
    assert (answer.status_code, answer.text) == (200, "Migration started")


@pytest.mark.parametrize("path", ["/nothing", "/recognition/recognize", "/recognition/faces/a/b/c"])
async def test_wrong_paths_and_methods(service, path):
    answer = await service.client.patch(f"{API}{path}", headers={"x-api-key": service.key})
    assert answer.status_code == 404
    assert answer.json()["code"] == 0
