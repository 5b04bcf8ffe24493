"""Requests that nobody sends in good faith are refused by name."""

import json

import httpx
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = {"Content-Type": "multipart/form-data; boundary=B"}
FILE = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
END = b"\r\n--B--\r\n"
DEEP = "[" * 30_000


@pytest.fixture(scope="module")
def gateway(shared_gateway: httpx.AsyncClient) -> httpx.AsyncClient:
    return shared_gateway


def named(name: bytes, content: bytes = b"x", more: bytes = b"") -> bytes:
    return b"--B\r\nContent-Disposition: form-data; name=" + name + b"\r\n" + more + b"\r\n" + content + END


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        (FORM, named(b"a" + b";" * 4_000), 400, "invalid-form"),
        (FORM, named(b"a" + b";b=c" * 900), 400, "invalid-form"),
        (FORM, named(b"a" + b";" * 1_000_000), 400, "invalid-form"),
        (FORM, b"--B\r\n" + b"a:\r\n" * 1_000 + b"\r\nx" + END, 400, "invalid-form"),
        (FORM, b"--B\r\n" * 1_000, 400, "invalid-form"),
        (FORM, FILE + b"\r\n--Bc" * 1_000 + END, 400, "invalid-form"),
        (FORM, FILE + b"x\r\n--B" + b" " * 300_000 + END, 400, "invalid-form"),
        (FORM, named(b'"file"', b"=", b"Content-Transfer-Encoding: base64\r\n"), 400, "invalid-form"),
        (FORM, named(b'"file"', b"x", b"Content-Transfer-Encoding: x-uue\r\n"), 400, "invalid-form"),
        (FORM, named(b'"directory"', b"x" * 20_000), 400, "invalid-form"),
        ({"Content-Type": f"multipart/form-data; boundary={'B' * 71}"}, b"", 400, "invalid-form"),
        ({"Content-Type": "multipart/form-data; boundary=B" + ";" * 5_000}, b"", 400, "invalid-form"),
        ({}, b"a=" + b"%41" * 30_000, 413, "image-too-large"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=" + b"%41" * 30_000, 413, "image-too-large"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a&" * 1_000, 400, "invalid-form"),
        ({"Content-Type": "text/html"}, FILE, 415, "unsupported-media-type"),
    ],
)
async def test_a_form_is_refused(gateway: httpx.AsyncClient, headers, body: bytes, status: int, code: str):
    answer = await gateway.post("/detect", headers=headers, content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/identify", '{"model":"m","embedding":[' + '"",' * 300_000 + '""]}', "invalid-json"),
        ("/identify", '{"model":"m","embedding":[' + '"",' * 1_000 + '""]}', "invalid-field"),
        ("/identify", "{" + ",".join(f'"k{number}":1' for number in range(2_000)) + "}", "invalid-json"),
        ("/identify", '{"model":"m","embeddings":[' + "[1]," * 300 + "[1]]}", "invalid-json"),
        ("/identify", '{"model":"m","k":' + "1" * 100_000 + "}", "invalid-json"),
        ("/identify", DEEP, "invalid-json"),
        ("/directories/a/imports", '{"manifest":[' + "1," * 100_000 + "1]}", "invalid-json"),
        ("/directories/a/imports", '{"manifest":[' + "{}," * 100_000 + "{}]}", "invalid-field"),
        ("/directories/a/imports", '{"manifest":[{' + '"k":1,' * 100_000 + '"k":1}]}', "invalid-json"),
        ("/directories/a/imports", json.dumps({"manifest": [{"person": "a", "key": "x"}] * 5_000}), "invalid-field"),
        ("/directories/a/persons/b/merge", '{"from":[' + '"",' * 10_000 + '""]}', "invalid-field"),
    ],
)
async def test_a_body_is_refused(gateway: httpx.AsyncClient, path: str, body: str, code: str):
    answer = await gateway.post(path, headers={"Content-Type": "application/json"}, content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_connection_is_closed_only_if_the_body_was_not_read(gateway: httpx.AsyncClient):
    read = await gateway.put("/directories/acme", content=b"{")
    unread = await gateway.put("/directories/acme", content=b"{" * 70_000)
    assert [read.json()["code"], unread.json()["code"]] == ["invalid-json", "invalid-json"]
    assert [read.headers.get("connection"), unread.headers.get("connection")] == [None, "close"]


async def test_cookies_are_not_read(gateway: httpx.AsyncClient):
    """To read these would take seconds."""
    answer = await gateway.get("/version", headers={"Cookie": 'a="' + '\\"' * 30_000 + '"'})
    assert answer.status_code == 200
