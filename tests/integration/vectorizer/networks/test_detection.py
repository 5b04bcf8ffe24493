"""Faces from 16 pixels up to the full image are found."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.checkout import SHARED
from vectorizer.networks.detection import Detections, Detector
from vectorizer.networks.models import Engine, ModelSource

PHOTOS = SHARED / "data" / "photos"


@pytest.fixture(scope="module", params=["opencv", "buffalo_sc"])
def detector(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Detector:
    pack = request.param
    if pack == "buffalo_sc":
        pack = str(SHARED / "models" / "buffalo_sc")
        if not Path(pack).is_dir():
            pytest.skip("needs ArcFace weights in ../shared/models/buffalo_sc")
    return ModelSource.find(pack, tmp_path_factory.mktemp("cache"), Engine(runtime="onnxruntime")).open()[0].detector


def cut(photo: Image.Image, box: np.ndarray, share: float, side: int) -> np.ndarray:
    """Return a square of `side` pixels of which the face takes `share`."""
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]).max() / share / 2
    return np.asarray(photo.crop((*(centre - half), *(centre + half))).resize((side, side)))


def test_close_ups(detector: Detector, group: Image.Image):
    """At one scale, SCRFD misses half of these."""
    for box in detector.detect(np.asarray(group)).boxes:
        for share in (1.0, 0.8, 0.6, 0.4):
            for side in (112, 250, 700, 1500):
                found = detector.detect(cut(group, box, share, side))
                around_centre = (found.boxes[:, :2] < side / 2) & (found.boxes[:, 2:] > side / 2)
                assert np.count_nonzero(around_centre.all(axis=1)) == 1, (share, side)


def test_small_faces(detector: Detector, group: Image.Image):
    """Six faces, reduced until the narrowest is 16 pixels wide."""
    boxes = detector.detect(np.asarray(group)).boxes
    scale = 16 / (boxes[:, 2] - boxes[:, 0]).min()
    size = round(group.width * scale), round(group.height * scale)
    found = detector.detect(np.asarray(group.resize(size, Image.Resampling.LANCZOS)))
    assert len(found) == 6


def test_no_face_is_found_twice_or_where_there_is_none(detector: Detector, group: Image.Image):
    assert len(detector.detect(np.asarray(group))) == 6
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    for empty in (noise, np.zeros((300, 400, 3), np.uint8), np.full((1, 1, 3), 200, np.uint8)):
        assert len(detector.detect(empty)) == 0


def test_extreme_shapes(detector: Detector):
    for height, width in ((3, 3000), (3000, 3), (1, 1), (33, 31)):
        found = detector.detect(np.zeros((height, width, 3), np.uint8))
        assert isinstance(found, Detections)


def test_landmarks_are_inside_their_box(detector: Detector, group: Image.Image):
    found = detector.detect(np.asarray(group))
    for box, landmarks in zip(found.boxes, found.landmarks, strict=True):
        assert (landmarks >= box[:2]).all()
        assert (landmarks <= box[2:]).all()
        left_eye, right_eye, nose, left_mouth, right_mouth = landmarks
        assert left_eye[0] < right_eye[0]
        assert left_mouth[0] < right_mouth[0]
        assert left_eye[1] < nose[1] < left_mouth[1]


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="needs photographs in ../shared/data/photos")
@pytest.mark.parametrize(("name", "people"), [("25.jpg", 120), ("17.jpg", 110), ("1.jpg", 50), ("t1.jpg", 6)])
def test_crowds(detector: Detector, name: str, people: int):
    photo = np.asarray(Image.open(PHOTOS / name).convert("RGB"))
    assert people <= len(detector.detect(photo)) <= people * 1.25
