"""Requests prepared in advance."""

from email.parser import BytesParser
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bench.harness.uploads import Upload, enrolments, recognitions


def parts_of(message: bytes) -> dict[str, bytes]:
    """Return the fields of a form, as an HTTP server reads them."""
    parts: Any
    head, _, body = message.partition(b"\r\n\r\n")
    request_line, _, header = head.partition(b"\r\n")
    assert request_line.endswith(b" HTTP/1.1")
    form = BytesParser().parsebytes(header + b"\r\n\r\n" + body)
    assert int(form["Content-Length"]) == len(body)
    parts = form.get_payload()
    return {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in parts}


def test_a_message_is_a_form_with_its_fields_and_the_photograph():
    parts = parts_of(Upload("/learn", b"pixels", person="ann").message())
    assert parts["person"] == b"ann"
    assert parts["file"].startswith(b"pixels")


def test_every_message_has_a_different_photograph():
    upload = Upload("/recognize", b"pixels")
    assert len({parts_of(upload.message())["file"] for _ in range(100)}) == 100


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_with_its_number_is_the_same_to_a_decoder(file_format):
    file = BytesIO()
    Image.effect_noise((64, 48), 50).convert("RGB").save(file, file_format)
    sent = parts_of(Upload("/recognize", file.getvalue()).message())["file"]
    assert sent != file.getvalue()
    assert Image.open(BytesIO(sent)).tobytes() == Image.open(BytesIO(file.getvalue())).tobytes()


def test_recognitions_begin_again_after_the_last():
    uploads = recognitions([b"one", b"two"])
    assert [parts_of(next(uploads).message())["file"][:3] for _ in range(3)] == [b"one", b"two", b"one"]


def test_one_photograph_of_each_person_is_enrolled(tmp_path):
    for name in ("ann/1.jpg", "ann/2.jpg", "bo/1.jpg", "cy/1.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    people = [parts_of(upload.message()) for upload in enrolments(tmp_path, 2)]
    assert [(person["person"], person["file"][:8]) for person in people] == [
        (b"ann", b"ann/1.jp"),
        (b"bo", b"bo/1.jpg"),
    ]
