"""Faces that nobody could recognize fall below the floor of both measured embedders, ordinary ones do not."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from io import BytesIO
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from bench.photographs.damage.kinds import KINDS
from bench.photographs.damage.scene import Scene
from tests.checkout import SHARED
from tests.photographs import astronaut, encoded, six_people
from vectorizer.decoding.budget import Limits
from vectorizer.images import decode
from vectorizer.networks.alignment import align, encode_jpeg
from vectorizer.networks.models import Models, ModelSource
from vectorizer.pipeline import embed_aligned

ARCFACE = SHARED / "models" / "buffalo_sc"
LFW = SHARED / "data" / "lfw-dev"
DECODE = partial(decode, limits=Limits(max_bytes=10_000_000, max_pixels=10_000_000))

HEAVY = [
    *("turned 180°", "upside down, mirrored", "blur 8 px", "defocus, disc of 12 px", "spin of 45°", "zoom x 2"),
    *("motion 25 px, 0°", "motion 25 px, 45°", "motion 25 px, 90°", "light x 0.05", "2 levels of grey", "negative"),
    *("green inverted", "strength of edges", "upper half black", "ripple", "blur 8 px, noise of 8"),
]
"""Kinds of damage that leave nothing of most faces."""


@dataclass(frozen=True)
class Looked:
    """The best face of a picture."""

    aligned: NDArray[np.uint8]
    score: float
    landmarks: NDArray[np.float32]
    vector: NDArray[np.float32]
    recognizability: float


@dataclass(frozen=True)
class Recognizer:
    """The networks of a pack, the floor, and the cosine of a match."""

    networks: Models
    floor: float
    match: float

    @cached_property
    def scenes(self) -> list[Scene]:
        """One photograph of each of seven people, ready to be damaged."""
        people = portraits()
        return [
            Scene(
                np.asarray(portrait),
                self.look_at_face(portrait).landmarks,
                np.asarray(people[number - 1].resize(portrait.size)),
                np.random.default_rng(number),
            )
            for number, portrait in enumerate(people)
        ]

    def look(self, image: Image.Image) -> Looked | None:
        """Detect in the picture as it is: nothing is turned upright here."""
        pixels = np.asarray(image)
        found = self.networks.detector.detect(pixels)
        if not len(found):
            return None
        aligned = align(pixels, found.landmarks[0])
        embedded = self.networks.embedder.embed(aligned[None])
        assert self.networks.recognizability is not None
        [value] = self.networks.recognizability.of(aligned[None], found.scores[:1], embedded)
        return Looked(aligned, float(found.scores[0]), found.landmarks[0], embedded.vectors[0], float(value))

    def look_at_face(self, image: Image.Image) -> Looked:
        found = self.look(image)
        assert found is not None
        return found


@pytest.fixture(scope="module", params=["opencv", "buffalo_sc"])
def recognizer(request: pytest.FixtureRequest, model_cache: Path) -> Recognizer:
    if request.param == "buffalo_sc" and not ARCFACE.is_dir():
        pytest.skip("needs ArcFace weights in ../shared/models/buffalo_sc")
    source = ModelSource.find(str(ARCFACE) if request.param == "buffalo_sc" else request.param, model_cache)
    described = source.embedder.recognizability
    assert described is not None
    return Recognizer(source.open()[0], described.floor, source.embedder.thresholds.match)


def portraits() -> list[Image.Image]:
    """Return one photograph of each of seven people."""
    group = six_people()
    middles = [(111, 333), (320, 211), (519, 341), (798, 409), (952, 127), (1180, 336)]
    return [astronaut(), *(group.crop((x - 125, max(0, y - 125), x + 125, y + 125)) for x, y in middles)]


def test_ordinary_faces_are_above_the_floor(recognizer: Recognizer):
    values = [recognizer.look_at_face(portrait).recognizability for portrait in portraits()]
    assert min(values) > recognizer.floor
    assert max(values) <= 1


@pytest.mark.parametrize("kind", HEAVY)
def test_damaged_strangers_do_not_match(recognizer: Recognizer, kind: str):
    damaged = [recognizer.look(Image.fromarray(KINDS[kind](scene))) for scene in recognizer.scenes]
    kept = [look for look in damaged if look and look.recognizability >= recognizer.floor]
    assert all(one.vector @ other.vector < recognizer.match for one, other in combinations(kept, 2))
    assert len(kept) <= 2


def test_the_stored_crop_is_as_recognizable_as_the_photograph(recognizer: Recognizer):
    for portrait in portraits():
        found = recognizer.look_at_face(portrait)
        again = embed_aligned(recognizer.networks, DECODE, encode_jpeg(found.aligned), score=found.score)
        assert again.recognizabilities is not None
        assert again.recognizabilities[0] == pytest.approx(found.recognizability, abs=0.1)


WAYS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "upside down": lambda image: image.transpose(Image.Transpose.ROTATE_180),
    "blurred by 10 px": lambda image: image.filter(ImageFilter.GaussianBlur(10)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("person", ["Regina_Ip", "Salma_Hayek", "Yasushi_Akashi", "Robert_Hyatt"])
def test_press_photographs_that_were_taken_for_a_stranger_s(recognizer: Recognizer, person: str, way: str):
    if not LFW.is_dir():
        pytest.skip("needs the ArcFace pack and the photographs in ../shared")
    photograph = Image.open(min((LFW / person).iterdir()))
    assert recognizer.look_at_face(photograph).recognizability >= recognizer.floor
    file = BytesIO(encoded(WAYS[way](photograph), quality=75))
    found = recognizer.look(Image.open(file))
    assert found is None or found.recognizability < recognizer.floor
