"""Names of files that are no text."""

import os
from pathlib import Path

import httpx
import pytest

from faceserver.client.photographs import load
from faceserver.file_names import is_decoded, readable, shown


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        (b"Zo\xeb.jpg", r"Zo\xeb.jpg", r"Zo\xeb.jpg"),
        (b"\xe2\x82.jpg", r"\xe2\x82.jpg", r"\xe2\x82.jpg"),
        ("Zoë 李\u3000🧑‍🚀.jpg".encode(), "Zoë 李\u3000🧑‍🚀.jpg", "Zoë 李\u3000🧑‍🚀.jpg"),
        (b"a\nb\x1b[31m\x7f.jpg", "a\nb\x1b[31m\x7f.jpg", r"a\nb\x1b[31m\x7f.jpg"),
        ("a\u2028\u0085b".encode(), "a\u2028\u0085b", r"a\u2028\x85b"),
    ],
)
def test_every_name_is_readable_and_printed_on_one_line(name: bytes, text: str, line: str):
    decoded = os.fsdecode(name)

    assert (readable(decoded), readable(Path(decoded)), shown(decoded)) == (text, text, line)
    assert is_decoded(decoded) == (decoded == text)
    assert readable(decoded).encode()


@pytest.mark.parametrize("name", [b"Zo\xeb.jpg", b"a\nb\x1b\r.jpg", b'a"b;.jpg', b"l" * 251 + b".jpg"])
def test_every_file_can_be_sent(tmp_path: Path, name: bytes):
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(b"-")
    with path.open("rb") as file:
        photographs = load(path), load(str(path)), load(file)
    for sent in photographs:
        assert sent == (shown(os.fsdecode(name)), b"-")
        assert httpx.Request("POST", "http://localhost", files={"file": sent}).read()
