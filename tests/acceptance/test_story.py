"""The first hour of a person with the service, in order."""

import json
import shlex
import subprocess
import uuid
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.calls import learn, recognize
from tests.checkout import SHARED
from tests.photographs import actor, around, astronaut, beside, encoded, six_people
from tests.stack import Stack, new_stack

PORTRAIT = encoded(astronaut())
STRANGER = encoded(actor(), "PNG")
PHOTOS = SHARED / "data" / "photos"


@pytest.fixture
def directory() -> str:
    return uuid.uuid4().hex


def test_the_printed_curl_lines_learn_and_recognize(stack: Stack, tmp_path: Path):
    (tmp_path / "ann.jpg").write_bytes(PORTRAIT)
    (tmp_path / "photo.jpg").write_bytes(encoded(beside(astronaut(), actor())))
    lines = [shlex.split(line) for line in stack.output.splitlines() if line.strip().startswith("curl ")]

    answers = [json.loads(subprocess.check_output([*line, "--silent"], cwd=tmp_path)) for line in lines]

    assert [answer["status"] for answer in answers] == ["OK", "OK"]
    assert [person["id"] for person in answers[0]["persons"]] == ["ann"]
    assert sorted(person.get("id", "") for person in answers[1]["persons"]) == ["", "ann"]


def test_answers_keep_the_contract(client: httpx.Client, directory: str):
    learned = learn(client, "ann", PORTRAIT, directory=directory)
    recognized = recognize(client, PORTRAIT, directory=directory)

    assert learned["status"] == recognized["status"] == "OK"
    assert learned["filename"] == "photo.jpg"
    assert learned["directory"] == recognized["directory"] == directory
    assert learned["url"].startswith("/files/")
    [enrolled], [found] = learned["persons"], recognized["persons"]
    assert enrolled["id"] == found["id"] == "ann"
    assert enrolled["box"] == found["box"]
    assert found["decision"] == "match"
    assert found["similarity"] == pytest.approx(1, abs=1e-3)
    assert 0.99 < found["probability"] <= 1
    left, top, right, bottom = found["box"]
    assert 150 < left < right < 300, "the astronaut's face, in pixels of the photograph"
    assert 30 < top < bottom < 250


def test_the_learned_image_can_be_fetched(client: httpx.Client, directory: str):
    answer = learn(client, "ann", PORTRAIT, directory=directory)

    file = client.get(answer["url"])

    assert file.content == PORTRAIT
    assert file.headers["content-type"] == "image/jpeg"


def test_the_same_photograph_again_changes_nothing(client: httpx.Client, directory: str):
    first = learn(client, "ann", PORTRAIT, directory=directory)
    again = learn(client, "ann", PORTRAIT, directory=directory)

    assert (first.pop("created"), again.pop("created")) == (True, False)
    assert first == again


def test_a_stranger_gets_no_name(client: httpx.Client, directory: str):
    learn(client, "ann", PORTRAIT, directory=directory)

    [person] = recognize(client, STRANGER, directory=directory)["persons"]

    assert person["decision"] == "unknown"
    assert "id" not in person
    assert person["probability"] < 0.5
    assert [candidate["id"] for candidate in person["candidates"]] == ["ann"]


def test_everybody_is_unknown_in_an_empty_directory(client: httpx.Client, directory: str):
    [person] = recognize(client, PORTRAIT, directory=directory)["persons"]

    assert (person["decision"], person["probability"], person["candidates"]) == ("unknown", 0, [])


def test_people_are_recognized_in_their_own_directory_only(client: httpx.Client, directory: str):
    learn(client, "ann", PORTRAIT, directory=directory)

    [elsewhere] = recognize(client, PORTRAIT, directory=f"{directory}-other")["persons"]
    [here] = recognize(client, PORTRAIT, directory=directory)["persons"]

    assert "id" not in elsewhere
    assert here["id"] == "ann"


@pytest.mark.parametrize("source", ["package", "shared"])
def test_of_six_people_five_are_named_and_the_sixth_is_unknown(client: httpx.Client, directory: str, source: str):
    if source == "shared" and not PHOTOS.is_dir():
        pytest.skip("the photographs beside the checkout are not there")
    photograph = six_people() if source == "package" else Image.open(PHOTOS / "t1.jpg")
    content = encoded(photograph)
    boxes = [person["box"] for person in recognize(client, content, directory=directory)["persons"]]
    assert len(boxes) == 6

    for number, box in enumerate(boxes[:5]):
        learn(client, f"person {number}", encoded(around(photograph, box)), directory=directory)
    persons = recognize(client, content, directory=directory)["persons"]

    assert [person.get("id") for person in persons] == [*(f"person {number}" for number in range(5)), None]
    assert [person["decision"] for person in persons] == ["match"] * 5 + ["unknown"]


def test_people_are_recognized_after_a_restart():
    with new_stack() as stack:
        stack.start()
        with stack.client() as client:
            image = learn(client, "ann", PORTRAIT)["url"]
        assert stack.stop() == 0, stack.log
        stack.start()
        with stack.client() as client:
            [person] = recognize(client, STRANGER)["persons"]
            [ann] = recognize(client, PORTRAIT)["persons"]
            kept = client.get(image).content

    assert "id" not in person
    assert ann["id"] == "ann"
    assert kept == PORTRAIT
