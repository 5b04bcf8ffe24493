"""A crowd costs no more than its largest faces, and nobody works on for a caller that is gone."""

import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import photographs
from vectorizer.decoding.budget import Limits
from vectorizer.images import decode
from vectorizer.networks.models import Engine, Models, ModelSource
from vectorizer.networks.orientation import Orientation
from vectorizer.networks.picture import Picture
from vectorizer.networks.tiles import Detail
from vectorizer.pipeline import Faces, Look, Want, find_faces
from vectorizer.problems import DeadlineExceeded

DECODE = partial(decode, limits=Limits(max_bytes=100_000_000, max_pixels=100_000_000))


@pytest.fixture(scope="module")
def models(model_cache: Path) -> Models:
    return ModelSource.find("opencv", model_cache, Engine(runtime="onnxruntime")).open()[0]


@pytest.fixture(scope="module")
def crowd() -> Image.Image:
    """Six large and 24 small faces."""
    people = photographs.six_people()
    small = people.resize((people.width // 2, people.height // 2))
    image = Image.new("RGB", (2 * people.width, 2 * people.height))
    image.paste(people, (0, 0))
    for left, top in ((2, 0), (3, 0), (0, 2), (1, 2)):
        image.paste(small, (left * small.width, top * small.height))
    return image


def seen(models: Models, image: Image.Image, max_faces: int, look: Look | None = None) -> Faces:
    data = photographs.encoded(image, quality=95)
    return find_faces(models, DECODE, data, frozenset(Want), look or Look(), max_faces=max_faces)


def test_the_largest_faces_of_a_crowd(models: Models, crowd: Image.Image):
    everybody, some = seen(models, crowd, 300), seen(models, crowd, 6)
    assert len(everybody.embeddings) >= 24
    assert everybody.omitted == 0
    assert (len(some.embeddings), some.omitted) == (6, len(everybody.embeddings) - 6)
    assert (some.detections.boxes[:, 2:] <= (crowd.width / 2, crowd.height / 2)).all()
    assert (np.diff(some.detections.scores) <= 0).all()
    places = [everybody.detections.boxes.tolist().index(box) for box in some.detections.boxes.tolist()]
    assert np.allclose(some.embeddings, everybody.embeddings[places], atol=1e-5)
    assert some.crops
    assert some.qualities
    assert (len(some.crops), len(some.qualities)) == (6, 6)


def test_a_caller_may_ask_for_fewer_faces(models: Models, crowd: Image.Image):
    look = Look(max_faces=4)
    found = seen(models, crowd, 6, look)
    assert len(found.embeddings) == 4
    assert found.omitted >= 20
    assert len(seen(models, crowd, 3, look).embeddings) == 3


def test_nobody(models: Models):
    found = seen(models, Image.new("RGB", (200, 200)), 6)
    assert (len(found.embeddings), found.omitted, found.crops) == (0, 0, ())


def test_a_deadline_that_has_passed(models: Models, crowd: Image.Image):
    data = photographs.encoded(crowd)
    with pytest.raises(DeadlineExceeded, match="while the image was analysed"):
        find_faces(models, DECODE, data, deadline=time.monotonic() - 1)


def test_the_search_is_interrupted_between_tiles(models: Models, crowd: Image.Image):
    pixels = np.asarray(crowd)
    picture = Picture(pixels, 1, lambda: pixels)
    checks: list[int] = []
    models.finder.find(picture, Orientation.AUTO, Detail.FULL, lambda: checks.append(1))
    assert len(checks) > 12

    def give_up() -> None:
        checks.pop()
        if len(checks) == 5:
            raise DeadlineExceeded

    with pytest.raises(DeadlineExceeded):
        models.finder.find(picture, Orientation.AUTO, Detail.FULL, give_up)
    assert len(checks) == 5
