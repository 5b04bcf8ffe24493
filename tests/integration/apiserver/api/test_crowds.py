"""Photographs with more faces than are embedded: every answer says how many it lacks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.vectorizer import process
from tests.waiting import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def two_faces_only() -> Iterator[str]:
    """A vectorizer that embeds two faces of a photograph."""
    cache = Path.home() / ".cache" / "faceserver"
    running = process.start(cache, max_faces="2", runtime="onnxruntime")
    yield str(running.client.base_url)
    running.client.close()
    running.process.terminate()
    running.process.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture
async def gateway(serve, settings, two_faces_only):
    return await serve(settings.model_copy(update={"vectorizer_urls": two_faces_only}))


@pytest.mark.parametrize(("call", "faces"), [("detect", "faces"), ("embed", "faces"), ("recognize", "persons")])
async def test_the_faces_of_a_crowd_that_are_left_out(gateway, party, ann, call, faces):
    answer = (await gateway.post(f"/{call}", files={"file": party})).json()
    assert (len(answer[faces]), answer["faces_omitted"]) == (2, 1)
    assert (await gateway.post(f"/{call}", files={"file": ann})).json()["faces_omitted"] == 0


async def test_enrolment(gateway, party, ann, nobody):
    fields = {"person": "ann", "face": "largest"}
    learned = (await gateway.post("/learn", data=fields, files={"file": party})).json()
    assert (learned["created"], learned["faces_omitted"]) == (True, 1)
    files = [("file", ("a.jpg", party)), ("file", ("b.jpg", ann)), ("file", ("c.jpg", nobody))]
    several = (await gateway.post("/learn", data=fields, files=files)).json()["files"]
    assert [file["faces_omitted"] for file in several] == [1, 0, 0]
    added = await gateway.post("/directories/default/persons/ann/faces", data={"face": "largest"}, files=files)
    assert [item["faces_omitted"] for item in added.json()["items"]] == [1, 0, 0]


async def test_comparison(gateway, party, ann):
    answer = (await gateway.post("/compare", files={"source": party, "target": ann})).json()
    assert (len(answer["source_faces"]), len(answer["comparisons"])) == (2, 2)
    assert (answer["source_faces_omitted"], answer["target_faces_omitted"]) == (1, 0)
