"""What surrounds the work: health, ids, documentation, and answers to what nobody foresaw."""

import httpx
import pytest
from pydantic import SecretStr

from apiserver.app import create_app


async def test_ready_when_everything_is_there(gateway):
    assert (await gateway.get("/health/ready")).json() == {"status": "ready", "warnings": []}
    assert (await gateway.get("/health/live")).json() == {"status": "alive"}


async def test_readiness_names_everything_that_is_missing(serve, settings, empty_database_url):
    broken = {"vectorizer_urls": "http://127.0.0.1:1", "database_url": SecretStr(empty_database_url)}
    gateway = await serve(settings.model_copy(update=broken))

    response = await gateway.get("/health/ready")
    assert (response.status_code, response.json()["code"]) == (503, "not-ready")
    assert response.json()["title"] == "The service is not ready."
    assert (
        response.json()["detail"]
        == "The database has not been migrated; run the migrations. The vectorizer is unavailable."
    )
    assert "Retry-After" in response.headers


async def test_an_older_schema_is_not_ready(gateway, database):
    await database.execute("DELETE FROM schema_migrations WHERE version > '20261128000000'")
    assert "schema is older" in (await gateway.get("/health/ready")).json()["detail"]


async def test_the_schema_of_an_unreleased_version_is_not_ready(gateway, database):
    await database.execute("DELETE FROM schema_migrations")
    await database.execute("INSERT INTO schema_migrations VALUES ('20261122000000'), ('20261122040710')")
    assert "schema is older" in (await gateway.get("/health/ready")).json()["detail"]


async def test_a_newer_schema_is_ready(gateway, database):
    await database.execute("INSERT INTO schema_migrations VALUES ('29991231000000')")
    assert (await gateway.get("/health/ready")).status_code == 200


async def test_version_names_the_service(gateway):
    answer = (await gateway.get("/version")).json()
    assert answer["service"] == "apiserver"
    assert answer["version"]


async def test_models_are_the_vectorizers(gateway, vectorizer_url):
    async with httpx.AsyncClient(trust_env=False) as client:
        original = await client.get(f"{vectorizer_url}/models")
    assert (await gateway.get("/models")).json() == original.json()


async def test_unknown_paths_are_problem_details(gateway):
    response = await gateway.get("/nothing/here")

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:faceserver:problem:not-found",
        "title": "This path does not exist.",
        "status": 404,
        "detail": "This path does not exist.",
        "code": "not-found",
        "request_id": response.headers["X-Request-ID"],
        "trace_id": None,
    }


async def test_other_methods_are_problem_details(gateway):
    response = await gateway.delete("/version")
    assert (response.status_code, response.json()["code"]) == (405, "method-not-allowed")
    assert response.headers["Allow"] == "GET, HEAD"


async def test_a_clients_own_request_id_is_kept(gateway):
    response = await gateway.get("/nothing", headers={"X-Request-ID": "order-66.b"})
    assert response.headers["X-Request-ID"] == response.json()["request_id"] == "order-66.b"


@pytest.mark.parametrize("request_id", ["x" * 65, "two words", "<script>", "a\x80b"])
async def test_a_harmful_request_id_is_replaced(gateway, request_id):
    response = await gateway.get("/nothing", headers={"X-Request-ID": request_id.encode("latin-1")})
    assert response.headers["X-Request-ID"] == response.json()["request_id"] != request_id


async def test_a_mistake_of_ours_is_logged_and_not_shown(gateway, database, caplog, ann):
    await database.execute("ALTER TABLE faces RENAME COLUMN crop TO renamed")
    response = await gateway.post("/learn", data={"person": "ann"}, files={"file": ann})

    assert response.status_code == 500
    assert response.json() == {
        "status": "The service failed because of an internal error.",
        "code": "internal-error",
        "persons": None,
        "request_id": response.headers["X-Request-ID"],
        "trace_id": None,
    }
    assert "UndefinedColumnError" in caplog.text


async def test_what_nobody_caught_is_logged_and_not_shown(serve_app, settings, caplog):
    app = create_app(settings)

    @app.get("/broken")
    async def broken():
        raise ZeroDivisionError("a secret")

    response = await (await serve_app(app)).get("/broken")
    assert response.status_code == 500
    assert (response.json()["code"], response.json()["request_id"]) == (
        "internal-error",
        response.headers["X-Request-ID"],
    )
    assert "secret" not in response.text
    assert caplog.text.count("ZeroDivisionError: a secret") == 1


async def test_two_gateways_in_one_process_share_nothing(serve, settings, tmp_path, ann):
    other_store = f"file://{tmp_path}/others"
    first = await serve(settings)
    second = await serve(settings.model_copy(update={"image_store_url": other_store}))

    url = (await first.post("/recognize", files={"file": ann})).json()["url"]
    assert (await first.get(url)).status_code == 200
    assert (await second.get(url)).status_code == 404


async def test_the_forms_are_documented(gateway):
    document = (await gateway.get("/openapi.json")).json()

    learn, recognize = (
        document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
        for path in ("/learn", "/recognize")
    )
    look = {"orientation", "detail"}
    assert set(learn["properties"]) == {"person", "directory", "file", "face", "box", *look}
    assert learn["required"] == ["person", "file"]
    assert learn["properties"]["face"]["enum"] == ["only", "largest", "center"]
    choices = {"k", "threshold", "unique_persons", "scoring", "min_score", "min_size", "keep"}
    assert set(recognize["properties"]) == {"directory", "file", *choices, *look}
    assert recognize["required"] == ["file"]
    assert (recognize["properties"]["k"]["minimum"], recognize["properties"]["k"]["maximum"]) == (1, 100)
    for schema in (learn, recognize):
        assert schema["properties"]["file"]["items"]["format"] == "binary"
        assert all("description" in field for field in schema["properties"].values())
