"""Faces that are turned, tilted or small are found, and aligned as if they were upright and large."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests import photographs
from tests.checkout import SHARED
from vectorizer.decoding.budget import Limits
from vectorizer.images import decode
from vectorizer.networks.models import Engine, Models, ModelSource
from vectorizer.networks.orientation import Orientation
from vectorizer.networks.tiles import Detail
from vectorizer.pipeline import Faces, Look, find_faces

DECODE = partial(decode, limits=Limits(max_bytes=100_000_000, max_pixels=100_000_000))
GREY = (120, 130, 140)


@pytest.fixture(scope="module", params=["opencv", "buffalo_sc"])
def models(request: pytest.FixtureRequest, model_cache: Path) -> Models:
    pack = request.param
    if pack == "buffalo_sc":
        pack = str(SHARED / "models" / "buffalo_sc")
        if not Path(pack).is_dir():
            pytest.skip("needs ArcFace weights in ../shared/models/buffalo_sc")
    return ModelSource.find(pack, model_cache, Engine(runtime="onnxruntime")).open()[0]


def seen(models: Models, image: Image.Image, look: Look | None = None) -> Faces:
    return find_faces(models, DECODE, photographs.encoded(image, quality=95), look=look or Look())


def assert_all_found_again(original: Faces, found: Faces, place: Callable[[np.ndarray], np.ndarray], least: float):
    """Assert that each face of `original` is found where `place` puts its centre, with a similar embedding."""
    assert len(found.detections) == len(original.detections)
    centres = (found.detections.boxes[:, :2] + found.detections.boxes[:, 2:]) / 2
    sides = (found.detections.boxes[:, 2:] - found.detections.boxes[:, :2]).max(axis=1)
    for box, embedding in zip(original.detections.boxes, original.embeddings, strict=True):
        distances = np.abs(centres - place((box[:2] + box[2:]) / 2)).max(axis=1)
        nearest = distances.argmin()
        assert distances[nearest] <= sides[nearest] / 3
        assert found.embeddings[nearest] @ embedding >= least


def placed(quarters: int, image: Image.Image) -> Callable[[np.ndarray], np.ndarray]:
    """Return where a point of `image` is after the image was turned counterclockwise."""
    width, height = image.size
    return lambda point: np.array(
        [point, (point[1], width - point[0]), (width - point[0], height - point[1]), (height - point[1], point[0])][
            quarters
        ]
    )


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("photograph", [photographs.astronaut, photographs.six_people])
def test_a_turned_photograph_shows_the_same_people(
    models: Models, photograph: Callable[[], Image.Image], quarters: int
):
    image = photograph()
    found = seen(models, image.rotate(90 * quarters, expand=True))
    assert found.orientation == 90 * quarters
    assert_all_found_again(seen(models, image), found, placed(quarters, image), least=0.8)


def test_a_photograph_is_not_turned_if_its_sender_says_so(models: Models):
    sideways = photographs.astronaut().rotate(90, expand=True)
    assert seen(models, sideways, Look(Orientation.AS_SENT)).orientation == 0


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_face_among_upright_ones(models: Models, degrees: int):
    """It is aligned by how it is turned itself, and the photograph stays as it was sent."""
    upright, other = photographs.six_people(), photographs.astronaut().crop((100, 0, 350, 250))
    found = seen(models, photographs.beside(upright, other.rotate(degrees)))
    assert found.orientation == 0
    [alone] = seen(models, other).embeddings
    right = found.detections.boxes[:, 0] > upright.width
    assert np.count_nonzero(right) <= 1  # a face on its side may not be seen at all
    assert (found.embeddings[right] @ alone >= 0.8).all()
    assert right.any() or degrees != 180


@pytest.mark.parametrize("degrees", [-45, -30, 30, 45])
def test_a_tilted_face_is_aligned_as_if_it_were_upright(models: Models, degrees: int):
    image = photographs.astronaut()
    [upright] = seen(models, image).embeddings
    found = seen(models, image.rotate(degrees, Image.Resampling.BICUBIC))
    assert found.orientation == 0
    assert found.embeddings[0] @ upright >= 0.75


@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (12_000, 1000)])
def test_small_faces_in_a_large_photograph(models: Models, width: int, height: int):
    """Six faces of about 80 pixels, where tiles meet."""
    image = photographs.six_people()
    large = Image.new("RGB", (width, height), GREY)
    left, top = (width - image.width) // 2 + 100, (height - image.height) // 2
    large.paste(image, (left, top))
    corner = np.array([left, top])
    found = seen(models, large)
    assert_all_found_again(seen(models, image), found, lambda point: point + corner, least=0.7)
    assert width < 12_000 or len(seen(models, large, Look(detail=Detail.FAST)).detections) == 0


def test_a_large_turned_photograph(models: Models):
    """Six faces of about 180 pixels, which have 18 in the overview."""
    image = photographs.six_people()
    image = image.resize((1920, 1329), Image.Resampling.LANCZOS)
    large = Image.new("RGB", (6000, 2000), GREY)
    large.paste(image, (3000, 500))
    found = seen(models, large.rotate(180))
    assert found.orientation == 180
    turned = placed(2, large)
    assert_all_found_again(seen(models, image), found, lambda point: turned(point + np.array([3000, 500])), least=0.7)


@pytest.mark.parametrize("texture", [data.coffee, data.retina, data.immunohistochemistry, data.hubble_deep_field])
def test_nobody_is_found_in_a_large_photograph_of_nobody(models: Models, texture: Callable[[], np.ndarray]):
    large = Image.fromarray(texture()).convert("RGB").resize((4000, 3000))
    assert len(seen(models, large).detections) == 0


def test_a_frame_without_a_face_costs_no_second_look(model_cache: Path):
    """The overview and the close-up, counted as the metrics count them."""
    rows: Counter[str] = Counter()
    source = ModelSource.find("opencv", model_cache, Engine(runtime="onnxruntime", batch=2))
    [models] = source.open(on_batch=lambda network, size: rows.update({network: size}))
    seen(models, Image.fromarray(data.rocket()))
    assert rows == {"detector": 2}
    seen(models, photographs.nobody(), Look(Orientation.AS_SENT))
    assert rows == {"detector": 4}


def test_an_upright_face_costs_no_second_look(model_cache: Path):
    rows: Counter[str] = Counter()
    source = ModelSource.find("opencv", model_cache, Engine(runtime="onnxruntime", batch=2))
    [models] = source.open(on_batch=lambda network, size: rows.update({network: size}))
    assert len(seen(models, photographs.astronaut()).detections) == 1
    assert rows == {"detector": 2, "embedder": 1}
