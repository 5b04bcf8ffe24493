"""A large JPEG decoded smaller has the same faces as in full."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from vectorizer.images import Limits, decode
from vectorizer.models import Engine, Models, ModelSource
from vectorizer.pipeline import find_faces

LIMITS = Limits(max_bytes=100_000_000, max_pixels=100_000_000)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return ModelSource.find("opencv", tmp_path_factory.mktemp("cache"), Engine(runtime="onnxruntime")).open()[0]


def photo(image: Image.Image, image_format: str) -> bytes:
    file = BytesIO()
    image.save(file, image_format, quality=95)
    return file.getvalue()


@pytest.mark.parametrize(("width", "reduction"), [(3840, 2), (5120, 2)])
def test_reduced_is_as_in_full(models: Models, group: Image.Image, width: int, reduction: int):
    large = group.resize((width, width * group.height // group.width), Image.Resampling.LANCZOS)
    jpeg = photo(large, "JPEG")
    assert decode(jpeg, LIMITS).reduction == reduction
    reduced = find_faces(models, LIMITS, jpeg)
    # A BMP of the same pixels is never decoded smaller.
    full = find_faces(models, LIMITS, photo(Image.open(BytesIO(jpeg)), "BMP"))
    assert len(reduced.detections) == len(full.detections) == 6
    for box, embedding in zip(reduced.detections.boxes, reduced.embeddings, strict=True):
        nearest = np.abs(full.detections.boxes - box).max(axis=1).argmin()
        assert np.abs(full.detections.boxes[nearest] - box).max() < 0.02 * width / reduction
        assert full.embeddings[nearest] @ embedding >= 0.995
