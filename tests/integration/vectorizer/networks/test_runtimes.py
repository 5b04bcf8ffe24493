"""The runtimes of both networks are measured once and remembered."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests import photographs
from tests.checkout import SHARED
from vectorizer.networks.models import Engine, ModelSource
from vectorizer.networks.openvino_sessions import openvino_version
from vectorizer.networks.runtimes import (
    CANVASES,
    BySize,
    DetectorRuntimeChoice,
    DetectorRuntimes,
    Runtime,
    choose_detector_runtimes,
    choose_runtime,
    open_detector_sessions,
    open_embedder_sessions,
)
from vectorizer.packs.manifest import read_manifest
from vectorizer.packs.opening import ModelFile, open_pack
from vectorizer.packs.prepared_files import prepare

SAMPLE = np.random.default_rng(5).random((3, 3, 112, 112), np.float32) * 255  # SFace takes unscaled pixels
RUNTIMES = {"onnxruntime", "openvino", "openvino-bf16"}
ARCFACE = SHARED / "models" / "buffalo_sc"
needs_arcface = pytest.mark.skipif(not ARCFACE.is_dir(), reason="needs ArcFace weights in ../shared/models/buffalo_sc")


@pytest.fixture
def embedder(model_cache: Path) -> ModelFile:
    return open_pack("opencv", read_manifest(), model_cache).embedder_file


@pytest.fixture
def prepared(embedder: ModelFile, model_cache: Path) -> Path:
    return prepare(embedder, read_manifest().embedder("sface_2021dec"), model_cache)


@pytest.mark.skipif(openvino_version() is None, reason="needs the package openvino")
def test_the_fastest_runtime_is_chosen_and_recorded(embedder: ModelFile, prepared: Path, tmp_path: Path):
    chosen = choose_runtime("auto", embedder, prepared, tmp_path, SAMPLE)
    notes = tmp_path / "runtimes.json"
    ((circumstances, times),) = json.loads(notes.read_text()).items()
    assert embedder.sha256 in circumstances
    assert {"onnxruntime", "openvino"} <= times.keys()
    assert times[chosen] <= min(times["onnxruntime"], times["openvino"])
    notes.write_text(json.dumps({circumstances: {"onnxruntime": 1, "openvino": 2}}))
    assert choose_runtime("auto", embedder, prepared, tmp_path, SAMPLE) == "onnxruntime"
    notes.write_text(json.dumps({circumstances: {"onnxruntime": 2, "openvino": 1}}))
    assert choose_runtime("auto", embedder, prepared, tmp_path, SAMPLE) == "openvino"
    notes.write_text(json.dumps({circumstances: {"onnxruntime": 2, "openvino": 1, "openvino-bf16": 0.9}}))
    assert choose_runtime("auto", embedder, prepared, tmp_path, SAMPLE) == "openvino", "not worth the exactness"
    notes.write_text(json.dumps({circumstances: {"onnxruntime": 2, "openvino": 1, "openvino-bf16": 0.5}}))
    assert choose_runtime("auto", embedder, prepared, tmp_path, SAMPLE) == "openvino-bf16"


@pytest.mark.skipif(openvino_version() is None, reason="needs the package openvino")
def test_bfloat16_embeddings_agree_with_full_precision(prepared: Path):
    full = open_embedder_sessions("openvino", prepared)[0].run(SAMPLE)[0]
    short = open_embedder_sessions("openvino-bf16", prepared)[0].run(SAMPLE)[0]
    cosines = (full * short).sum(axis=1) / np.linalg.norm(full, axis=1) / np.linalg.norm(short, axis=1)
    assert cosines.min() > 0.995


@pytest.mark.skipif(openvino_version() is None, reason="needs the package openvino")
def test_a_record_that_cannot_be_read_or_written_is_ignored(embedder: ModelFile, prepared: Path, tmp_path: Path):
    (tmp_path / "runtimes.json").write_text("{half a note")
    assert choose_runtime("auto", embedder, prepared, tmp_path, SAMPLE) in RUNTIMES
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    assert choose_runtime("auto", embedder, prepared, in_the_way, SAMPLE) in RUNTIMES


def test_a_chosen_runtime_is_used(embedder: ModelFile, prepared: Path, tmp_path: Path):
    assert choose_runtime("onnxruntime", embedder, prepared, tmp_path, SAMPLE) == "onnxruntime"
    assert not (tmp_path / "runtimes.json").exists()


@pytest.fixture
def detector(model_cache: Path) -> ModelFile:
    return open_pack("opencv", read_manifest(), model_cache).detector_file


@pytest.fixture
def prepared_detector(detector: ModelFile, model_cache: Path) -> Path:
    return prepare(detector, read_manifest().detector("yunet_2023mar"), model_cache)


@pytest.mark.skipif(openvino_version() is None, reason="needs the package openvino")
def test_the_detectors_runtime_is_chosen_for_each_size(detector: ModelFile, prepared_detector: Path, tmp_path: Path):
    def chosen(choice: DetectorRuntimeChoice = "auto") -> tuple[Runtime, ...]:
        return choose_detector_runtimes(choice, detector, prepared_detector, tmp_path).of_canvases

    assert set(chosen()) <= {"onnxruntime", "openvino"}
    notes = tmp_path / "runtimes.json"
    measured = json.loads(notes.read_text())
    assert len(measured) == len(CANVASES)
    assert all({"onnxruntime", "openvino"} <= times.keys() for times in measured.values())
    times = [
        {"onnxruntime": 10, "openvino": 9.5, "openvino-bf16": 8.5},
        {"onnxruntime": 10, "openvino": 8, "openvino-bf16": 5},
        {"onnxruntime": 10},
    ]
    notes.write_text(json.dumps(dict(zip(measured, times, strict=True))))
    assert chosen() == ("onnxruntime", "openvino", "onnxruntime"), "not worth the memory, faster, unavailable"
    assert chosen("auto-bf16") == ("onnxruntime", "openvino-bf16", "onnxruntime")
    assert chosen("openvino") == ("openvino",) * 3
    assert str(DetectorRuntimes(chosen())) == "onnxruntime+openvino"


def test_a_size_gets_the_runtime_of_the_most_similar_canvas():
    runtimes = DetectorRuntimes(("onnxruntime", "openvino", "openvino-bf16"))
    sizes = [(160, 160), (64, 32), (256, 256), (320, 256), (640, 480), (480, 640), (640, 640), (480, 352)]
    expected = ["onnxruntime", "onnxruntime", "openvino", "openvino", *["openvino-bf16"] * 4]
    assert [runtimes.of(*size) for size in sizes] == expected


@pytest.mark.skipif(openvino_version() is None, reason="needs the package openvino")
@pytest.mark.parametrize("pack", ["opencv", pytest.param(str(ARCFACE), marks=needs_arcface)])
def test_detections_are_the_same_with_both_runtimes(pack: str, model_cache: Path):
    ours, theirs = (
        ModelSource.find(pack, model_cache, Engine(runtime="onnxruntime", detector_runtime=runtime)).open()[0].detector
        for runtime in ("onnxruntime", "openvino")
    )
    for photo in (photographs.six_people(), photographs.astronaut(), photographs.actor(), photographs.nobody()):
        pixels = np.asarray(photo.convert("RGB"))
        found, others = ours.detect(pixels), theirs.detect(pixels)
        assert len(found) == len(others)
        assert np.allclose(found.boxes, others.boxes, atol=0.05)
        assert np.allclose(found.landmarks, others.landmarks, atol=0.05)
        assert np.allclose(found.scores, others.scores, atol=1e-4)


@pytest.mark.skipif(openvino_version() is None, reason="needs the package openvino")
def test_each_thread_has_the_sessions_of_all_sizes(prepared_detector: Path):
    runtimes = DetectorRuntimes(("onnxruntime", "openvino", "openvino"))
    first, second = open_detector_sessions(runtimes, prepared_detector, 2)
    assert isinstance(first, BySize)
    assert first.outputs == second.outputs
    for height, width in CANVASES[:2]:
        image = np.random.default_rng(3).random((1, 3, height, width), np.float32) * 255
        pairs = zip(first.run(image), second.run(image), strict=True)
        assert all(np.array_equal(ours, theirs) for ours, theirs in pairs)


@pytest.mark.skipif(openvino_version() is None, reason="needs the package openvino")
def test_threads_share_what_was_compiled_once(prepared: Path):
    first, second = open_embedder_sessions("openvino", prepared, 2)
    assert np.array_equal(first.run(SAMPLE)[0], second.run(SAMPLE)[0])
