"""Turned, blurred and otherwise spoiled photographs: strangers stay strangers, by calls, client and commands."""

import json

import httpx
import pytest
from PIL import Image, ImageFilter, ImageOps

from faceserver import Client
from faceserver.errors import Refused
from tests.calls import post, recognize
from tests.commands import Commands
from tests.photographs import actor, astronaut, encoded, stranger
from tests.stack import Stack

_TURNED = Image.Transpose.ROTATE_180


def on_grey(number: int) -> Image.Image:
    """Return a stranger with a wide margin."""
    picture = Image.new("RGB", (400, 712), (128, 128, 128))
    picture.paste(stranger(number), (100, 100))
    return picture


def turned(image: Image.Image) -> bytes:
    return encoded(image.transpose(_TURNED), quality=95)


def blurred(image: Image.Image, pixels: float) -> bytes:
    return encoded(image.filter(ImageFilter.GaussianBlur(pixels)), quality=95)


def negative(image: Image.Image) -> bytes:
    return encoded(ImageOps.invert(image), quality=95)


SPOILED = {
    "upside down": (turned(on_grey(3)), turned(on_grey(8))),
    "blurred": (blurred(on_grey(34), 9), blurred(on_grey(18), 9)),
    "negative": (negative(on_grey(22)), negative(on_grey(2))),
}
"""Photographs of two strangers whose embeddings match."""


@pytest.mark.parametrize("how", SPOILED)
def test_two_strangers_do_not_match_however_their_photographs_are_spoiled(
    client: httpx.Client, command: Commands, how: str
):
    one, other = SPOILED[how]
    directory = command.environment["FACESERVER_DIRECTORY"]

    compared = client.post("/compare", files={"source": one, "target": other}).json()["comparisons"]
    learned = post(client, "/learn", one, person="one", directory=directory)
    recognized = recognize(client, other, directory=directory)["persons"]

    assert [pair["decision"] for pair in compared] == ["unknown"]
    assert learned.status_code == 201 or learned.json()["code"] == "unrecognizable"
    assert [person["decision"] for person in recognized] == ["unknown"]
    if learned.status_code == 201:
        verified = post(client, "/verify", other, person="one", directory=directory).json()
        assert verified["decision"] == "unknown"


@pytest.mark.parametrize("image", [astronaut(), actor()])
def test_a_photograph_upside_down_shows_nobody_else(client: httpx.Client, command: Commands, image: Image.Image):
    directory = command.environment["FACESERVER_DIRECTORY"]
    for person, upright in (("ann", astronaut()), ("tom", actor())):
        assert post(client, "/learn", encoded(upright), person=person, directory=directory).status_code == 201
    own = recognize(client, encoded(image), directory=directory)["persons"][0]["id"]
    found = recognize(client, turned(image), directory=directory)["persons"]
    assert {face.get("id", own) for face in found} <= {own}


def test_blur_that_leaves_nobody_is_not_let_in_whatever_the_quality_says(stack: Stack, command: Commands):
    directory = command.environment["FACESERVER_DIRECTORY"]
    with Client(stack.url, directory=directory) as faces:
        values = [faces.detect(blurred(on_grey(29), pixels)).faces[0].recognizability for pixels in (0, 4, 9)]
        assert all(value is not None for value in values)
        assert values == sorted(values, key=lambda value: value or 0, reverse=True)
        for quality in ("refuse", "warn", "off"):
            command("directories", "set", "--quality", quality)
            with pytest.raises(Refused, match="upright, sharp and well lit") as refused:
                faces.learn("eve", blurred(on_grey(29), 9))
            assert refused.value.code == "unrecognizable"


def test_a_directory_without_a_floor_lets_them_in_and_lists_them(stack: Stack, command: Commands):
    one, other = SPOILED["blurred"]
    (command.folder / "eve.jpg").write_bytes(one)
    (command.folder / "other.jpg").write_bytes(other)
    off = command("directories", "set", "--recognizability-floor", "0")
    assert "recognizability   0.0" in off.stdout
    assert "unrecognizable strangers match each other" in off.stdout
    assert command("learn", "eve", "eve.jpg").returncode == 0
    assert command("learn", "ann", "ann.jpg").returncode == 0
    assert json.loads(command("recognize", "other.jpg", "--json").stdout)["faces"][0]["person"] == "eve"

    assert "below" in command("directories", "set", "--default").stdout
    shown = command("recognize", "other.jpg").stdout
    verified = command("verify", "eve", "other.jpg")
    listed = command("persons", "faces", "--unrecognizable", "--json").stdout.splitlines()

    assert "unrecognizable" in shown
    assert "eve" not in shown
    assert ("unrecognizable" in verified.stdout, verified.returncode) == (True, 4)
    assert [json.loads(line)["person"] for line in listed] == ["eve"]
    assert command("persons", "faces").returncode == 2
    assert command("persons", "faces", "ann", "--unrecognizable").returncode == 2
    with Client(stack.url, directory=command.environment["FACESERVER_DIRECTORY"]) as faces:
        assert {face.person for face in faces.directory_faces()} == {"ann", "eve"}
        floor = faces.models().embedder_in_use.recognizability_floor
        [low] = faces.directory_faces(unrecognizable=True)
        embedded = faces.embed(other)
        [face] = embedded.faces
        [named] = faces.identify([face.embedding], embedded.model).results
        [unknown] = faces.identify([face.embedding], embedded.model, recognizabilities=[face.recognizability]).results
    assert low.person == "eve"
    assert (named.person, named.reason) == ("eve", None)
    assert (unknown.person, unknown.reason, unknown.candidates[0].person) == (None, "unrecognizable", "eve")
    assert 0 < (floor or 0) < 1


def test_a_calibration_says_what_the_floor_costs(command: Commands):
    for person, image in (("ann", astronaut()), ("bo", actor())):
        (command.folder / "people" / person).mkdir(parents=True)
        (command.folder / "people" / person / "1.jpg").write_bytes(encoded(image))
        (command.folder / "people" / person / "2.jpg").write_bytes(encoded(ImageOps.mirror(image)))
    (command.folder / "people" / "bo" / "3.jpg").write_bytes(SPOILED["blurred"][0])

    done = command("calibrate", "people", environment={"COLUMNS": "200"})

    assert done.returncode == 0, done.stderr
    assert "1 of 5 photographs (20 %) are below the floor of recognizability" in done.stdout
    assert "match, by the model, no floor" in done.stdout
