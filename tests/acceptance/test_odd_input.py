"""Unusual input that is valid."""

import httpx
import pytest
from PIL import Image

from tests.calls import accepted, learn, recognize
from tests.photographs import astronaut, encoded, nobody

PORTRAIT = encoded(astronaut())


def test_one_pixel_has_no_face(client: httpx.Client):
    assert recognize(client, encoded(Image.new("RGB", (1, 1)), "PNG"))["persons"] == []


@pytest.mark.parametrize("file_format", ["GIF", "MPO"])
def test_the_first_frame_of_a_file_is_used(client: httpx.Client, file_format: str):
    content = encoded(astronaut(), file_format, save_all=True, append_images=[nobody().resize((512, 512))])

    assert len(recognize(client, content)["persons"]) == 1


@pytest.mark.parametrize("media_type", ["text/plain", "image/png", "application/octet-stream", "nonsense"])
def test_the_format_is_detected_from_the_content_not_the_name(client: httpx.Client, media_type: str):
    answer = accepted(client.post("/recognize", files={"file": ("notes.txt", PORTRAIT, media_type)}))

    assert len(answer["persons"]) == 1
    assert client.get(answer["url"]).headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("name", ["a", "a" * 255, "🧑‍🚀", "🧑" * 255, "Žofie Müller-Őz", "../../etc", "'; DROP TABLE"])
def test_names(client: httpx.Client, name: str):
    learned = learn(client, name, PORTRAIT, directory=name)
    recognized = recognize(client, PORTRAIT, directory=name)

    assert learned["directory"] == recognized["directory"] == name
    assert [person["id"] for person in recognized["persons"]] == [name]
