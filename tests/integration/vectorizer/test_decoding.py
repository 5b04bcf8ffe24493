"""A vectorizer that gets pictures which cost too much."""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.integration.vectorizer.process import Vectorizer, start
from tests.metrics import Samples
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Other systems have fewer options.")


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def vectorizer(model_cache: Path, port: int) -> Iterator[Vectorizer]:
    running = start(model_cache, lanes="1", decoder_seconds="0.1", metrics_port=str(port))
    yield running
    running.client.close()
    running.process.kill()
    running.process.communicate(timeout=PATIENCE_SECONDS)


def children_of(pid: int) -> list[int]:
    found = [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return found + [grandchild for child in found for grandchild in children_of(child)]


def encoded(image: Image.Image, image_format: str) -> bytes:
    file = BytesIO()
    image.save(file, image_format)
    return file.getvalue()


def test_a_costly_picture_is_refused_and_the_next_is_answered(vectorizer: Vectorizer, port: int, group: Image.Image):
    before = children_of(vectorizer.process.pid)
    bomb = encoded(Image.new("L", (8000, 8000)), "PNG")
    for call in ("/faces", "/crops", "/drawing"):
        refused = vectorizer.client.post(call, content=bomb)
        assert (refused.status_code, refused.json()["code"]) == (422, "image-too-costly")

    assert Samples(port)("vectorizer_decoder_restarts_total", reason="time") == 1
    after = children_of(vectorizer.process.pid)
    assert len(after) == len(before) == 2
    assert len(set(before) & set(after)) == 1
    photo = encoded(group.resize((320, 221)), "JPEG")
    assert vectorizer.faces(photo).status_code == 200
    drawn = vectorizer.client.post("/drawing", content=photo)
    assert Image.open(BytesIO(drawn.content)).size == (320, 221)


def test_nothing_is_left_when_it_stops(vectorizer: Vectorizer):
    children = children_of(vectorizer.process.pid)
    vectorizer.process.terminate()
    vectorizer.process.wait(PATIENCE_SECONDS)

    wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
