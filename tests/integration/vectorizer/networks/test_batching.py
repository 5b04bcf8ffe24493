"""Runs of several threads are joined, and each caller gets the results of a separate run."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image

from tests.checkout import SHARED
from tests.waiting import PATIENCE_SECONDS, wait_until
from vectorizer.networks.alignment import align
from vectorizer.networks.batching import BatchingSession
from vectorizer.networks.models import Engine, Models, ModelSource
from vectorizer.networks.openvino_sessions import openvino_version
from vectorizer.networks.sessions import OnnxSession, Session

ARCFACE = SHARED / "models" / "buffalo_sc"
needs_arcface = pytest.mark.skipif(not ARCFACE.is_dir(), reason="needs ArcFace weights in ../shared/models/buffalo_sc")
SIZES = [1, 2, 4, 8]


class Counted:
    """A session that records its batches, and runs them once it is released."""

    def __init__(self, session: Session) -> None:
        self.may_run = Event()
        self.may_run.set()
        self.outputs = session.outputs
        self.batches: list[int] = []
        self._session = session

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        self.batches.append(len(batch))
        self.may_run.wait(PATIENCE_SECONDS)
        return self._session.run(batch)


@pytest.fixture(scope="module")
def embedder(model_cache: Path) -> OnnxSession:
    return OnnxSession(ModelSource.find("opencv", model_cache, Engine(runtime="onnxruntime")).embedder_path)


@pytest.fixture
def counted(embedder: OnnxSession) -> Counted:
    return Counted(embedder)


@pytest.fixture
def batching(counted: Counted) -> BatchingSession:
    return BatchingSession(counted, SIZES, wait_seconds=0.05)


def faces(number: int) -> np.ndarray:
    return np.random.default_rng(number).random((number, 3, 112, 112), np.float32) * 255


@pytest.mark.timing
def test_runs_are_joined_and_results_returned_to_their_callers(
    batching: BatchingSession, counted: Counted, embedder: OnnxSession
):
    rows = faces(6)
    counted.may_run.clear()
    with ThreadPoolExecutor(7) as threads:
        alone = threads.submit(batching.run, rows[:1])
        wait_until(lambda: counted.batches)
        joined = [threads.submit(batching.run, rows[row : row + 1]) for row in range(6)]
        wait_until(lambda: batching._waiting.qsize() == 6)
        counted.may_run.set()
        alone.result()
        together = [run.result()[0] for run in joined]
    assert counted.batches == [1, 8]
    for row, output in enumerate(together):
        assert np.allclose(output, embedder.run(rows[row : row + 1])[0], atol=1e-4)


def test_a_run_longer_than_a_batch_is_divided(batching: BatchingSession, counted: Counted, embedder: OnnxSession):
    rows = faces(19)
    assert np.allclose(batching.run(rows)[0], embedder.run(rows)[0], atol=1e-4)
    assert counted.batches == [8, 8, 4]


def test_a_single_run_does_not_wait_for_others(batching: BatchingSession, counted: Counted):
    batching.run(faces(1))
    assert counted.batches == [1]


def test_a_failing_batch_fails_its_callers_only(batching: BatchingSession):
    with pytest.raises(Exception, match="INVALID_ARGUMENT"):
        batching.run(np.zeros((1, 3, 7, 7), np.float32))
    assert batching.run(faces(1))[0].shape == (1, 128)


def test_shapes_are_not_mixed(batching: BatchingSession):
    with ThreadPoolExecutor(4) as threads:
        good = [threads.submit(batching.run, faces(1)) for _ in range(2)]
        bad = threads.submit(batching.run, np.zeros((1, 3, 7, 7), np.float32))
        good.append(threads.submit(batching.run, faces(1)))
        assert all(run.result()[0].shape == (1, 128) for run in good)
        assert bad.exception() is not None


@needs_arcface
def test_scrfd_in_a_batch_is_scrfd_alone_bit_for_bit(model_cache: Path):
    single = OnnxSession(ModelSource.find(str(ARCFACE), model_cache).detector_path)
    batched = OnnxSession(ModelSource.find(str(ARCFACE), model_cache, Engine(batch=4)).detector_path)
    images = np.random.default_rng(0).normal(0, 0.5, (5, 3, 160, 224)).astype(np.float32)
    together = batched.run(images)
    for row in range(len(images)):
        alone = single.run(images[row : row + 1])
        assert all(np.array_equal(joined[row], own) for joined, own in zip(together, alone, strict=True))


def everything(models: Models, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found = models.detector.detect(photo)
    aligned = np.stack([align(photo, landmarks) for landmarks in found.landmarks])
    return found.boxes, models.embedder.embed(aligned).vectors


BFLOAT16 = pytest.param(
    Engine(runtime="openvino-bf16"),
    0.995,
    marks=pytest.mark.skipif(openvino_version() is None, reason="needs the package openvino"),
)


@pytest.mark.parametrize("pack", ["opencv", pytest.param(str(ARCFACE), marks=needs_arcface)])
@pytest.mark.parametrize(
    ("engine", "least"), [(Engine(batch=4), 0.9999), (Engine(batch=4, precision="fp16"), 0.999), BFLOAT16]
)
def test_batched_and_halved_networks_see_the_same(
    pack: str, engine: Engine, least: float, group: Image.Image, model_cache: Path
):
    photo = np.asarray(group)
    boxes, embeddings = everything(ModelSource.find(pack, model_cache, Engine(runtime="onnxruntime")).open()[0], photo)
    models, other = ModelSource.find(pack, model_cache, engine).open(lanes=2)
    assert (models is other) == engine.shared
    other_boxes, other_embeddings = everything(models, photo)
    assert np.abs(other_boxes - boxes).max() < 2
    assert (other_embeddings * embeddings).sum(axis=1).min() >= least
