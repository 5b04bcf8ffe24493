"""The parts of the GPU benchmark that run without a GPU."""

import numpy as np
import onnxruntime as ort
import pytest

from bench.speed.networks.gpu import aligned_faces, least_cosine, measure_modes
from tests.checkout import SHARED

MODELS = SHARED / "models" / "buffalo_sc"


def test_the_least_cosine_is_that_of_the_worst_row():
    ones, others = np.array([[1.0, 0.0], [3.0, 4.0]], np.float32), np.array([[2.0, 0.0], [4.0, 3.0]], np.float32)
    assert least_cosine(ones, others) == pytest.approx(0.96)


@pytest.mark.skipif(not MODELS.is_dir(), reason="needs the ArcFace pack and the photographs in ../shared")
@pytest.mark.skipif("CUDAExecutionProvider" in ort.get_available_providers(), reason="there is a GPU")
def test_both_networks_are_measured_and_a_missing_gpu_is_reported(tmp_path):
    faces = aligned_faces(MODELS, SHARED / "data", 2)
    speeds, missing = measure_modes(MODELS, tmp_path, ["cpu", "fp32"], batches=[1, 2], faces=faces, seconds=0.01)
    assert [(speed.network, speed.batch) for speed in speeds] == [
        ("detector", 1),
        ("embedder", 1),
        ("detector", 2),
        ("embedder", 2),
    ]
    assert all(speed.items_per_second > 0 for speed in speeds)
    assert [speed.least_cosine for speed in speeds if speed.network == "embedder"] == [pytest.approx(1)] * 2
    assert "cuda" in missing["fp32"].lower()
