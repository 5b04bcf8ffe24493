"""Forms with several files, read from a request."""

import pytest
from fastapi import Request

from apiserver.http.multipart import FormLimits, Upload, read_form
from apiserver.problems import FileEmpty, ImageTooLarge, InvalidForm

LIMITS = FormLimits(max_image_bytes=10, timeout_seconds=60, max_files=3)


def posted(*parts: tuple[str, str | None, bytes]) -> Request:
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"'.encode()
        + (b"" if filename is None else f'; filename="{filename}"'.encode())
        + b"\r\n\r\n"
        + content
        + b"\r\n"
        for name, filename, content in parts
    )

    async def receive():
        return {"type": "http.request", "body": body + b"--b--\r\n", "more_body": False}

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


async def test_files_come_by_name_and_in_order():
    fields = await read_form(
        posted(("file", "a", b"1"), ("face", None, b"only"), ("other", "b", b"2"), ("file", "c", b"3")), LIMITS
    )
    assert fields == {"file": (Upload("a", b"1"), Upload("c", b"3")), "face": "only", "other": (Upload("b", b"2"),)}


async def test_a_file_that_is_no_photograph_spoils_no_other():
    fields = await read_form(posted(("file", "a", b""), ("file", "b", bytes(11)), ("file", "c", bytes(10))), LIMITS)
    assert fields["file"] == (Upload("a", b"", FileEmpty), Upload("b", b"", ImageTooLarge), Upload("c", bytes(10)))


async def test_the_nameless_empty_file_of_a_form_without_one_is_none():
    assert await read_form(posted(("file", "", b"")), LIMITS) == {}


async def test_a_file_too_many():
    with pytest.raises(InvalidForm, match="more than 3 files"):
        await read_form(posted(*[("file", "a", b"1")] * 4), LIMITS)


async def test_too_many_bytes_together():
    limits = FormLimits(max_image_bytes=20_000, timeout_seconds=60, max_files=20)
    with pytest.raises(ImageTooLarge):
        await read_form(posted(*[("file", "a", bytes(18_000))] * 10), limits)
