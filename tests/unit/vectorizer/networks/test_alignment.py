"""Aligned faces agree with the reference, whatever their pose in the photograph."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from insightface.utils.face_align import norm_crop
from PIL import Image
from skimage.data import astronaut

from vectorizer.networks.alignment import TEMPLATE, align, encode_jpeg, similarity_transform

ASTRONAUT_LANDMARKS = np.array([[201, 107], [246, 104], [230, 131], [207, 158], [248, 155]], np.float32)


@given(
    angle=st.floats(-np.pi, np.pi),
    scale=st.floats(0.05, 20),
    shift=st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)),
)
def test_a_known_similarity_is_recovered(angle: float, scale: float, shift: tuple[float, float]):
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    made = np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]]])
    moved = (TEMPLATE.astype(np.float64) @ made[:, :2].T + made[:, 2]).astype(np.float32)
    assert np.allclose(similarity_transform(TEMPLATE, moved), made, rtol=1e-3, atol=2e-2)


def test_a_mirrored_face_is_not_mirrored_back():
    mirrored = TEMPLATE * np.array([-1, 1], np.float32)
    assert np.linalg.det(similarity_transform(mirrored, TEMPLATE)[:, :2]) > 0


def test_five_equal_landmarks_do_not_crash():
    assert np.isfinite(similarity_transform(np.full((5, 2), 7, np.float32), TEMPLATE)).all()


@pytest.mark.filterwarnings("ignore:`estimate` is deprecated:FutureWarning")
def test_agrees_with_the_reference():
    generator = np.random.default_rng(1)
    photo = astronaut()
    for _ in range(20):
        landmarks = ASTRONAUT_LANDMARKS + generator.normal(0, 3, (5, 2)).astype(np.float32)
        ours = align(photo, landmarks).astype(float)
        assert np.abs(ours - norm_crop(photo, landmarks)).mean() <= 1


def test_a_crop_survives_its_encoding():
    aligned = align(astronaut(), ASTRONAUT_LANDMARKS)
    stored = encode_jpeg(aligned)
    read = np.asarray(Image.open(BytesIO(stored)))
    assert len(stored) < 15_000
    assert np.abs(read.astype(float) - aligned).mean() < 2
