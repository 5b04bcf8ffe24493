"""The gateway behind a proxy that publishes it below a path, HEAD, and slashes at the end of a path."""

import asyncio

import pytest

from faceserver import AsyncClient


@pytest.fixture
async def published(serve, settings):
    """A gateway below /faces, or where a proxy on this machine says."""
    return await serve(settings.model_copy(update={"root_path": "/faces", "trusted_proxies": "127.0.0.0/8"}))


@pytest.mark.parametrize("sent_below", ["", "/faces"])
async def test_urls_begin_with_the_base_path_whether_the_proxy_removes_it_or_not(published, ann, sent_below):
    learned = await published.post(f"{sent_below}/learn/", data={"person": "ann"}, files={"file": ann})
    recognized = await published.post(f"{sent_below}/recognize", files={"file": ann})
    [face] = (await published.get(f"{sent_below}/directories/default/persons/ann/faces")).json()["items"]
    started = await published.post(f"{sent_below}/directories/default/exports")

    job = started.json()
    assert started.headers["Location"] == job["url"] == f"/faces/jobs/{job['job']}"
    for url in (learned.json()["url"], recognized.json()["url"], face["image"], face["crop"], job["url"]):
        assert url.startswith("/faces/")
        assert (await published.get(url)).status_code == 200
        assert (await published.get(url.removeprefix("/faces"))).status_code == 200


async def test_a_client_follows_urls_below_its_own_address(published, ann):
    async with AsyncClient(f"{published.base_url}/faces") as client:
        recognition = await client.recognize(ann)
        assert recognition.url
        assert recognition.url.startswith("/faces/files/")
        assert await client.fetch(recognition.url) == ann


@pytest.mark.parametrize(
    ("sent", "base"),
    [
        ("/team/a", "/team/a"),
        ("/team/a/", "/team/a"),
        ("/outer, /inner", "/outer/inner"),
        ("/", ""),
        ("", ""),
        ("//evil.example", "/faces"),
        ("javascript:alert(1)", "/faces"),
        ("https://evil.example", "/faces"),
        ("/a/../../b", "/faces"),
        ('/"><script>', "/faces"),
    ],
)
async def test_a_trusted_proxy_says_what_it_removed(published, sent, base):
    headers = {"X-Forwarded-Prefix": sent}
    document = (await published.get(f"{base}/openapi.json", headers=headers)).json()
    page = (await published.get("/docs", headers=headers)).text

    assert document.get("servers", [{"url": ""}]) == [{"url": base}]
    assert f'data-document="{base}/openapi.json"' in page
    assert "evil" not in page


async def test_nobody_else_is_believed(serve, settings):
    elsewhere = await serve(settings.model_copy(update={"trusted_proxies": "192.0.2.0/24"}))
    for gateway in (elsewhere, await serve(settings)):
        document = (await gateway.get("/openapi.json", headers={"X-Forwarded-Prefix": "/evil"})).json()
        assert "servers" not in document


async def test_problems_and_limits_are_those_of_the_call_below_the_base_path(published):
    answer = (await published.post("/faces/learn/")).json()
    assert (answer["code"], answer["persons"]) == ("person-missing", None)


async def test_only_whole_segments_are_the_base_path(published):
    assert (await published.get("/facesversion")).status_code == 404
    assert (await published.get("/faces")).text == (await published.get("/faces/")).text  # the page
    assert (await published.get("/faces/faces/version")).status_code == 404


async def test_a_slash_at_the_end_changes_nothing(gateway, ann):
    names = {"directory": "acme/", "person": "ann/bo/"}
    assert (await gateway.post("/learn/", data=names, files={"file": ann})).status_code == 201

    persons = "/directories/acme%2F/persons"
    for path in ("/directories", "/directories/acme%2F", persons, f"{persons}/ann%2Fbo%2F", "/version", "/docs"):
        plain, slashed = await gateway.get(path), await gateway.get(f"{path}/")
        assert (plain.status_code, slashed.status_code) == (200, 200), path
        assert plain.content == slashed.content
    assert (await gateway.get("/directories/acme/")).status_code == 404
    assert (await gateway.get("/directories/acme")).json()["code"] == "directory-not-found"


@pytest.mark.parametrize(
    "path", ["/directories/", "/directories/acme//", "/directories/acme/persons/", "/directories//"]
)
async def test_an_empty_name_at_the_end_deletes_nothing(gateway, ann, path):
    await gateway.post("/learn", data={"directory": "acme", "person": "ann"}, files={"file": ann})
    assert (await gateway.delete(path)).status_code in {404, 405}
    assert (await gateway.get("/directories/acme/persons/ann")).status_code == 200


async def test_head_has_the_headers_of_get(gateway, ann):
    learned = (await gateway.post("/learn", data={"person": "ann"}, files={"file": ann})).json()
    person = "/directories/default/persons/ann"
    face = f"{person}/faces/{learned['persons'][0]['face']}"
    paths = ["/directories", "/directories/default", f"{person}/faces", face, f"{face}/image", f"{face}/crop"]
    paths += [learned["url"], "/docs", "/docs/swagger-ui.css", "/openapi.json", "/health/ready", "/version", "/models"]
    for path in (*paths, f"{person}/export", "/files/none.jpg", "/nothing", "/learn"):
        got, head = await gateway.get(path), await gateway.head(path)
        assert head.status_code == got.status_code, path
        assert head.content == b""
        assert comparable(head.headers) == comparable(got.headers), path


async def test_head_of_what_is_known_already(gateway):
    await gateway.put("/directories/acme", json={})
    tag = (await gateway.head("/directories/acme")).headers["ETag"]
    assert (await gateway.head("/directories/acme", headers={"If-None-Match": tag})).status_code == 304


async def test_a_connection_is_used_again_after_head(gateway):
    reader, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    for method in (b"HEAD", b"GET"):
        writer.write(method + b" /version HTTP/1.1\r\nHost: gateway\r\n\r\n")
    assert b"\r\n\r\nHTTP/1.1 200 " in await reader.readuntil(b"}")
    writer.close()


async def test_head_is_logged_as_head(gateway, caplog):
    caplog.set_level("INFO")
    await gateway.head("/version")
    assert "HEAD /version 200" in caplog.text


def comparable(headers) -> dict[str, str]:
    """Return headers without those that differ from one answer to the next, and that of a body of unknown length."""
    volatile = {"date", "x-request-id", "server-timing", "transfer-encoding"}
    return {name: value for name, value in headers.items() if name not in volatile}
