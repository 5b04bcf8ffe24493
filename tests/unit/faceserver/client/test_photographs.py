"""The forms in which a photograph can be given."""

import os
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from faceserver.client.photographs import load
from tests.photographs import astronaut, encoded

CONTENT = encoded(astronaut())


@pytest.mark.parametrize("given", [CONTENT, bytearray(CONTENT), memoryview(CONTENT), BytesIO(CONTENT)])
def test_bytes_are_sent_unchanged(given: Any):
    assert load(given) == ("photograph", CONTENT)


def test_a_file_name_that_is_not_utf_8_is_sent_escaped(tmp_path: Path):
    path = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    path.write_bytes(CONTENT)

    assert load(path) == ("caf\\xe9.jpg", CONTENT)
    with path.open("rb") as file:
        assert load(file) == ("caf\\xe9.jpg", CONTENT)


def test_a_path_and_an_open_file_have_a_name(tmp_path: Path):
    path = tmp_path / "Žofie.jpg"
    path.write_bytes(CONTENT)

    assert load(path) == load(str(path)) == ("Žofie.jpg", CONTENT)
    with path.open("rb") as file:
        assert load(file) == ("Žofie.jpg", CONTENT)
    with path.open("rb") as file, open(file.fileno(), "rb", closefd=False) as numbered:
        assert load(numbered) == ("photograph", CONTENT)


def test_pixels_are_encoded_nearly_without_loss_and_always_to_the_same_bytes():
    pixels = np.asarray(astronaut())
    name, content = load(pixels)

    assert name == "photograph.jpg"
    seen = np.asarray(Image.open(BytesIO(content)), dtype=int)
    assert np.abs(seen - pixels).mean() < 2
    assert load(pixels[:, ::-1][:, ::-1]) == load(astronaut()) == (name, content)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros((4, 4, 3)), "<f8 (4, 4, 3)"),
        (np.zeros((4, 4), np.uint8), "|u1 (4, 4)"),
        (np.zeros((4, 4, 4), np.uint8), "|u1 (4, 4, 4)"),
        (42, "int ()"),
        (None, "NoneType ()"),
    ],
)
def test_an_object_that_is_not_a_photograph_is_refused(given: Any, said: str):
    with pytest.raises(TypeError, match="height x width x 3, RGB") as raised:
        load(given)
    assert said in str(raised.value)


def test_a_file_in_text_mode_is_refused(tmp_path: Path):
    (tmp_path / "a.txt").write_text("a")
    with (tmp_path / "a.txt").open() as file, pytest.raises(TypeError, match="binary mode"):
        load(file)  # type: ignore[arg-type]


def test_a_missing_file_is_the_usual_error():
    with pytest.raises(FileNotFoundError):
        load("no/such.jpg")
