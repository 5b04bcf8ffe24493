"""A misspelled call never does something else."""

import pytest

sharing = pytest.mark.asyncio(loop_scope="module")


async def directories(gateway) -> list[str]:
    return [found["directory"] for found in (await gateway.get("/directories")).json()["items"]]


@pytest.mark.parametrize("path", ["/learn", "/recognize"])
async def test_a_misspelled_directory_is_never_the_default_one(gateway, ann, path):
    for query, field in (
        ("directory", None),
        ("Directory", None),
        ("dir", None),
        (None, "Directory"),
        (None, "directoy"),
        (None, "dir"),
    ):
        fields = {"person": "ann"} if path == "/learn" else {}
        response = await gateway.post(
            path,
            params={query: "acme"} if query else {},
            data={**fields, field: "acme"} if field else fields,
            files={"file": ann},
        )
        answer = response.json()
        assert (response.status_code, answer["code"], answer["persons"]) == (400, "unknown-field", None), (query, field)
        assert "directory" in answer["status"]
    assert await directories(gateway) == []


async def test_other_fields_of_old_clients_are_ignored(gateway, ann):
    learned = await gateway.post(
        "/learn?api_version=2", data={"person": "ann", "comment": "x"}, files={"file": ann, "thumbnail": bytes(20_000)}
    )
    recognized = await gateway.post("/recognize?token=1", data={"person": "ann"}, files={"file": ann})
    assert (learned.status_code, recognized.status_code) == (201, 201)


@sharing
@pytest.mark.parametrize(
    ("call", "fields", "sentence"),
    [
        ("POST /detect", {"min_sise": "1"}, "The field is called min_size, not min_sise."),
        ("POST /detect", {"directory": "acme"}, "There is no field directory; the fields are "),
        ("POST /verify?Directory=acme", {"person": "ann"}, "The field directory belongs in the body, not in the URL."),
        ("POST /compare?k=1", {}, "There is no parameter k; this call has none."),
        ("POST /directories/acme/persons/ann/faces", {"faces": "all"}, "The field is called face, not faces."),
        ("POST /directories/acme/imports", {"Quality": "off"}, "The field is called quality, not Quality."),
    ],
)
async def test_forms_of_newer_calls(shared_gateway, ann, call, fields, sentence):
    response = await shared_gateway.request(*call.split(), data=fields, files={"file": ann})
    assert (response.status_code, response.json()["code"]) == (400, "unknown-field")
    assert response.json()["detail"].startswith(sentence)
    assert await directories(shared_gateway) == []


@sharing
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("GET /directories?limt=1", "The parameter is called limit, not limt."),
        ("GET /directories/a/persons?limit=1&page=2", "There is no parameter page; the parameters are "),
        ("DELETE /directories/a?dry_run=1", "There is no parameter dry_run; this call has none."),
        ("GET /jobs/1?wait", "There is no parameter wait; this call has none."),
        ("GET /deletions/1?wait=", "There is no parameter wait; this call has none."),
        ("PUT /directories/a?fpir=0.1", "The field fpir belongs in the body, not in the URL."),
        ("POST /identify?directory=acme", "The field directory belongs in the body, not in the URL."),
        ("HEAD /directories?limt=1", ""),
    ],
)
async def test_parameters_of_newer_calls(shared_gateway, call, sentence):
    response = await shared_gateway.request(*call.split())
    assert response.status_code == 400
    if sentence:
        assert response.json()["code"] == "unknown-field"
        assert response.json()["detail"].startswith(sentence)


@sharing
async def test_a_url_with_very_many_parameters(shared_gateway):
    response = await shared_gateway.post("/recognize?" + "a&" * 10_000)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-field")


@sharing
@pytest.mark.parametrize("path", ["/files/none.jpg?t=1", "/health/live?probe=1", "/version?a=b", "/docs?a=b"])
async def test_parameters_of_old_calls_and_probes_are_ignored(shared_gateway, path):
    response = await shared_gateway.get(path)
    assert response.status_code == (404 if "files" in path else 200)


async def test_all_described_parameters_are_accepted(gateway):
    """A value may be refused, its name may not."""
    document = (await gateway.get("/openapi.json")).json()
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            names = {each["name"]: "1" for each in call.get("parameters", ()) if each["in"] == "query"}
            response = await gateway.request(method, path, params=names)
            assert "unknown-field" not in response.text, (method, path, response.text)
