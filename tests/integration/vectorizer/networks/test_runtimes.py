"""The runtime of the embedder is measured once and remembered."""

import json
from pathlib import Path

import numpy as np
import pytest

from vectorizer.networks.openvino_sessions import openvino_version
from vectorizer.networks.runtimes import choose_runtime, open_embedder_sessions
from vectorizer.packs.manifest import read_manifest
from vectorizer.packs.opening import ModelFile, open_pack
from vectorizer.packs.prepared_files import prepare

SAMPLE = np.random.default_rng(5).random((3, 3, 112, 112), np.float32) * 255  # SFace takes unscaled pixels
RUNTIMES = {"onnxruntime", "openvino", "openvino-bf16"}


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
