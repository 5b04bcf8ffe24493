"""JSON bodies with photographs in them."""

import json
import random
from base64 import b64encode

import pytest

from apiserver.http.json.long_texts import without_long_texts
from apiserver.problems import InvalidJson

LIMIT = 65_536


async def read(body: bytes, name: str = "file") -> bytes:
    """Return what a member of a body encodes."""
    texts = await without_long_texts(body, max_bytes=LIMIT)
    return await texts.decoded(json.loads(texts.rest)[name])


@pytest.mark.parametrize("size", [0, 1, 2, 3, 100, 12_285, 12_288, 196_608, 196_609, 1_000_001])
@pytest.mark.parametrize("escaping", ["none", "slashes", "all", "some"])
@pytest.mark.parametrize("padding", [True, False])
async def test_what_was_encoded_is_decoded(size, escaping, padding):
    """As PHP escapes slashes and .NET plus signs, and as some write no padding."""
    content = random.Random(size).randbytes(size)
    text = b64encode(content).decode().rstrip("" if padding else "=")
    if escaping == "slashes":
        text = text.replace("/", "\\/")
    if escaping == "some":
        text = text.replace("+", "\\u002b").replace("=", "\\u003D")
    if escaping == "all":
        text = "".join(f"\\u{ord(each):04x}" for each in text)
    body = f'{{"a \\" b": "c\\\\", "file" : "{text}", "other": [1, "\\""]}}'.encode()
    assert await read(body) == content


@pytest.mark.parametrize(
    "text",
    [
        "A" * 200_001,
        "A" * 262_142 + "==" + "A" * 100,
        "A" * 262_144 + "====",
        "A" * 100_000 + "=" + "A" * 100_000,
        "AAAA" * 50_000 + "\\n" + "AAAA" * 50_000,
        "AAAA" * 50_000 + "\n" + "AAAA" * 50_000,
        "AAAA" * 50_000 + " ",
        "AAAA" * 50_000 + "-___",
        "é" * 100_000,
        "\\u00e9" * 100_000,
        "\\ud83d\\ude00" * 50_000,
        "\\ud83d" * 50_000,
        "\\x" * 100_000,
        "\\u00" * 100_000,
        "A" * 100_000 + "\\\\" * 20 + "A" * 100_000,
        "A" * 262_143 + "\\\\",
        "data:image/jpeg;base64," + "A" * 100_000,
        "é",
        "A",
        "QQ==QQ==",
        "=",
    ],
)
async def test_what_is_not_base64(text):
    texts = await without_long_texts(f'{{"file": "{text}"}}'.encode(), max_bytes=LIMIT)
    with pytest.raises(ValueError, match=r"."):
        await texts.decoded(json.loads(texts.rest)["file"])


@pytest.mark.parametrize(
    "body",
    [
        b" " * 100_000,
        b'"' * 100_000,
        b'"",' * 30_000,
        b"[" * 100_000,
        b'{"file": "' + b"A" * 100_000,
        b'{"file": "' + b'\\"' * 100_000 + b'"}',
        b'{"file": "' + b"\\\\" * 100_000 + b'"}',
        b'{"file": "' + b"\\" * 100_001 + b'"}',
        b"[" + b",".join(b'"%s"' % (b"A" * 20_000) for _ in range(11)) + b"]",
        b'{"file": "A"}' + b" " * 100_000,
    ],
)
async def test_bodies_that_are_mostly_something_else(body):
    with pytest.raises(InvalidJson):
        await without_long_texts(body, max_bytes=LIMIT)


async def test_the_rest_is_what_it_was():
    """Except for long strings, wherever they are; the last of two members counts, as for any parser."""
    long, longer = "A" * 20_000, "B" * 40_000
    body = json.dumps({"a": ['"\\', "é", long], longer: 1, "n": None, "file": long}).encode()
    texts = await without_long_texts(body, max_bytes=LIMIT)
    rest = json.loads(texts.rest)
    assert rest["a"][:2] == ['"\\', "é"]
    assert rest["n"] is None
    assert await texts.decoded(rest["a"][2]) == await texts.decoded(rest["file"]) == bytes(15_000)
    assert long not in rest.values()
    assert all(len(each) > 4_096 for each in (rest["file"], list(rest)[1]))
    twice = f'{{"file": "{longer}", "file": "{long}"}}'.encode()
    assert await read(twice) == bytes(15_000)
    small = b'{"a": "\\"", "file": "QQ=="}'
    assert (await without_long_texts(small, max_bytes=LIMIT)).rest == small
    for malformed in (b"", b'"', b"{", b'{"file": "A', b"\xff"):
        assert (await without_long_texts(malformed, max_bytes=LIMIT)).rest == malformed
