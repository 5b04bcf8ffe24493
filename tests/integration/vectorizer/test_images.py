"""A large JPEG decoded at a reduced size has the same faces as in full."""

from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vectorizer.decoding.budget import Limits
from vectorizer.images import decode
from vectorizer.networks.models import Engine, Models, ModelSource
from vectorizer.pipeline import find_faces

LIMITS = Limits(max_bytes=100_000_000, max_pixels=100_000_000)
DECODE = partial(decode, limits=LIMITS)


@pytest.fixture(scope="module")
def models(model_cache: Path) -> Models:
    return ModelSource.find("opencv", model_cache, Engine(runtime="onnxruntime")).open()[0]


def photo(image: Image.Image, image_format: str) -> bytes:
    file = BytesIO()
    image.save(file, image_format, quality=95)
    return file.getvalue()


@pytest.mark.parametrize(("width", "reduction"), [(3840, 2), (5120, 2)])
def test_reduced_decoding_finds_the_same_faces(models: Models, group: Image.Image, width: int, reduction: int):
    large = group.resize((width, width * group.height // group.width), Image.Resampling.LANCZOS)
    jpeg = photo(large, "JPEG")
    assert decode(jpeg, LIMITS).reduction == reduction
    reduced = find_faces(models, DECODE, jpeg)
    # A BMP of the same pixels is never decoded smaller.
    full = find_faces(models, DECODE, photo(Image.open(BytesIO(jpeg)), "BMP"))
    assert len(reduced.detections) == len(full.detections) == 6
    alike = []
    for box, embedding in zip(reduced.detections.boxes, reduced.embeddings, strict=True):
        nearest = np.abs(full.detections.boxes - box).max(axis=1).argmin()
        assert np.abs(full.detections.boxes[nearest] - box).max() < width / 640
        alike.append(float(full.embeddings[nearest] @ embedding))
    # A face that is tilted by just so much that it is looked at again may be so in one of the images only.
    assert sorted(alike)[1] >= 0.995
    assert min(alike) >= 0.9


def test_small_faces_are_cut_from_the_full_image(models: Models, group: Image.Image):
    """Six faces of about 140 pixels in an image of 3840: at half size they have fewer pixels than a crop."""
    large = Image.new("RGB", (3840, 2160), "grey")
    large.paste(group.resize((1664, 1152), Image.Resampling.LANCZOS), (1500, 700))
    jpeg = photo(large, "JPEG")
    assert decode(jpeg, LIMITS).reduction == 2
    reduced = find_faces(models, DECODE, jpeg)
    full = find_faces(models, DECODE, photo(Image.open(BytesIO(jpeg)), "BMP"))
    assert len(reduced.detections) == len(full.detections) == 6
    for box, embedding in zip(reduced.detections.boxes, reduced.embeddings, strict=True):
        nearest = np.abs(full.detections.boxes - box).max(axis=1).argmin()
        assert np.abs(full.detections.boxes[nearest] - box).max() < 3840 / 640
        assert full.embeddings[nearest] @ embedding >= 0.98
