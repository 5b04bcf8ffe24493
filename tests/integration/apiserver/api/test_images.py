"""GET /files, and how images come and go."""

import httpx
import pytest


async def recognized_url(gateway: httpx.AsyncClient, photograph: bytes) -> str:
    return str((await gateway.post("/recognize", files={"file": photograph})).json()["url"])


async def test_the_image_comes_back_as_it_was_sent(gateway, ann):
    response = await gateway.get(await recognized_url(gateway, ann))

    assert response.status_code == 200
    assert response.content == ann
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-Length"] == str(len(ann))
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_content_decides_about_the_type(gateway, ann):
    sent = {"file": ("ann.txt", ann, "text/plain")}
    url = (await gateway.post("/recognize", files=sent)).json()["url"]

    assert url.endswith(".jpg")
    assert (await gateway.get(url)).headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize(
    "key",
    [
        "00000000-0000-8000-8000-000000000000.jpg",
        "nothing",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e%2fsettings.py",
        "00000000-0000-8000-8000-000000000000.jpg%00",
        "00000000-0000-8000-8000-000000000000.jpg%0a",
        "%ff",
    ],
)
async def test_no_such_file(gateway, key):
    response = await gateway.get(f"/files/{key}")

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] in {"file-not-found", "not-found"}


async def test_an_object_without_a_row_is_not_shown(gateway, tmp_path):
    key = "00000000-0000-8000-8000-000000000000.jpg"
    (tmp_path / "images" / key).write_bytes(b"left behind")
    assert (await gateway.get(f"/files/{key}")).status_code == 404


async def test_a_row_without_an_object_is_not_shown(gateway, tmp_path, ann):
    url = await recognized_url(gateway, ann)
    (tmp_path / "images" / url.rsplit("/", maxsplit=1)[-1]).unlink()
    assert (await gateway.get(url)).json()["code"] == "file-not-found"


async def test_expired_is_gone_even_before_it_is_removed(gateway, database, ann):
    url = await recognized_url(gateway, ann)
    await database.execute("UPDATE images SET expires_at = now()")
    assert (await gateway.get(url)).json()["code"] == "file-not-found"
