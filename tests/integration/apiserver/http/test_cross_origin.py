"""Web apps of listed origins, and what all others are told."""

import pytest

APP = "http://localhost:3000"
OTHERS = ["http://evil.example", "http://localhost:3001", "https://localhost:3000", "null", f"{APP}.evil.example"]
PREFLIGHT = {"Access-Control-Request-Method": "POST"}


@pytest.fixture
async def listed(serve, settings):
    return await serve(settings.model_copy(update={"origins": f"{APP}, https://app.example.org"}))


def granted(answer):
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("origin", [APP, "https://app.example.org"])
async def test_a_listed_app_may_call_and_read(listed, ann, origin):
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,idempotency-key"}
    preflight = await listed.options("/recognize", headers=headers | asked)
    assert preflight.status_code == 200
    assert granted(preflight)["access-control-allow-origin"] == origin
    assert "POST" in granted(preflight)["access-control-allow-methods"]
    assert "access-control-allow-private-network" not in preflight.headers
    recognized = await listed.post("/recognize", files={"file": ann}, headers=headers)
    assert recognized.status_code == 201
    refused = await listed.get("/files/none.jpg", headers=headers)
    missing = await listed.post("/nothing", headers=headers)
    for answer in (recognized, refused, missing):
        assert granted(answer)["access-control-allow-origin"] == origin
        assert "X-Request-ID" in granted(answer)["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["Vary"] == "Origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


async def test_a_public_page_of_a_listed_app_may_call_a_private_address(listed):
    headers = {"Origin": APP, "Access-Control-Request-Private-Network": "true"} | PREFLIGHT
    preflight = await listed.options("/recognize", headers=headers)
    assert preflight.headers["Access-Control-Allow-Private-Network"] == "true"


@pytest.mark.parametrize("origin", OTHERS)
async def test_others_get_nothing(listed, gateway, origin):
    private = {"Access-Control-Request-Private-Network": "true"}
    for service in (listed, gateway):
        answers = [
            await service.options("/recognize", headers={"Origin": origin} | PREFLIGHT | private),
            await service.get("/directories", headers={"Origin": origin}),
            await service.put("/directories/acme", json={}, headers={"Origin": origin}),
        ]
        assert [answer.status_code for answer in answers] == [405, 200, 403]
        for answer in answers:
            assert granted(answer) == {}
            assert answer.headers.get("Vary") == ("Origin" if service is listed else None)


async def test_answers_to_all_vary_by_the_origin(listed):
    for path in ("/directories", "/files/none.jpg", "/docs/start.js"):
        assert (await listed.get(path)).headers["Vary"] == "Origin"


async def test_pages_of_listed_apps_may_send_a_key_and_see_why_it_is_refused(serve, settings):
    locked = await serve(settings.model_copy(update={"origins": APP, "require_keys": True}))
    asked = PREFLIGHT | {"Access-Control-Request-Headers": "authorization, x-api-key"}
    preflight = await locked.options("/directories", headers={"Origin": APP} | asked)
    assert preflight.status_code == 200
    allowed = {name.strip() for name in preflight.headers["access-control-allow-headers"].lower().split(",")}
    assert allowed >= {"authorization", "x-api-key"}
    refused = await locked.get("/directories", headers={"Origin": APP, "x-api-key": "fs_wrong"})
    assert refused.headers["access-control-allow-origin"] == APP
    for origin in OTHERS:
        preflight = await locked.options("/directories", headers={"Origin": origin} | asked)
        assert preflight.status_code >= 400
        assert granted(preflight) == {}
