"""What a photograph can be given as, and what not."""

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
def test_bytes_are_taken_as_they_are(given: Any):
    assert load(given) == ("photograph", CONTENT)


def test_a_path_and_an_open_file_have_a_name(tmp_path: Path):
    path = tmp_path / "Žofie.jpg"
    path.write_bytes(CONTENT)

    assert load(path) == load(str(path)) == ("Žofie.jpg", CONTENT)
    with path.open("rb") as file:
        assert load(file) == ("Žofie.jpg", CONTENT)
    with path.open("rb") as file, open(file.fileno(), "rb", closefd=False) as numbered:
        assert load(numbered) == ("photograph", CONTENT)


def test_pixels_lose_next_to_nothing_and_are_the_same_bytes_each_time():
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
def test_what_is_no_photograph_is_said(given: Any, said: str):
    with pytest.raises(TypeError, match="height x width x 3, RGB") as raised:
        load(given)
    assert said in str(raised.value)


def test_a_file_in_text_mode_is_said(tmp_path: Path):
    (tmp_path / "a.txt").write_text("a")
    with (tmp_path / "a.txt").open() as file, pytest.raises(TypeError, match="binary mode"):
        load(file)  # type: ignore[arg-type]


def test_a_missing_file_is_the_usual_error():
    with pytest.raises(FileNotFoundError):
        load("no/such.jpg")
