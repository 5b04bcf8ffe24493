"""The plain pipeline of SCRFD and ArcFace, the reference for the service.

Without optimisations: OpenCV decodes the whole file, the image is scaled (enlarged, too) to fit the detector's square,
the detector runs once, every face is aligned to 112 x 112 by its five landmarks and embedded separately. ONNX Runtime
runs both networks, each session on the one thread that calls it.
"""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from bench.speed.networks.lanes import Stages

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

STRIDES = (8, 16, 32)
ANCHORS = 2
SCORE, OVERLAP = 0.5, 0.4
SIDE = 112
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
"""(5, 2) x, y of the landmarks in an aligned face. Source: the ArcFace reference alignment (Deng et al., 2019)."""


class PlainNetworks:
    """One lane: its own two sessions, to be used by one thread."""

    def __init__(self, models: Path, detector_size: int) -> None:
        """models: folder of a pack with one `det_*.onnx` and one `w600k_*.onnx`. detector_size: a multiple of 32."""
        cv2.setNumThreads(1)  # for the whole process: like the networks, OpenCV stays on the calling thread
        self._size = detector_size
        self._detector, self._embedder = self._open(models)
        self._anchors = [_anchors(detector_size, stride) for stride in STRIDES]
        self.stages = Stages()

    def analyse(self, data: bytes) -> int:
        """See `bench.speed.networks.lanes.Lane`."""
        return len(self.embeddings(data))

    def embeddings(self, data: bytes) -> list[Floats]:
        """Return a vector of length 1 for each face of an image file."""
        faces = self.faces(data)
        with self.stages.stage("embed"):
            return [_unit(run(self._embedder, self._embedder_input(face))[0][0]) for face in faces]

    def faces(self, data: bytes) -> list[Pixels]:
        """Return the aligned faces of an image file, (112, 112, 3) BGR."""
        stage = self.stages.stage
        with stage("decode"):
            image = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        with stage("letterbox"):
            canvas, scale = self._letterbox(image)
            blob = self._detector_input(canvas)
        with stage("detect"):
            landmarks = self._detect(blob) / scale
        with stage("align"):
            return [_align(image, points) for points in landmarks]

    def _open(self, models: Path) -> tuple[ort.InferenceSession, ort.InferenceSession]:
        (detector,), (embedder,) = sorted(models.glob("det_*.onnx")), sorted(models.glob("w600k_*.onnx"))
        return open_session(detector), open_session(embedder)

    def _detector_input(self, canvas: Pixels) -> Floats:
        return _blob(canvas, 128)

    def _embedder_input(self, face: Pixels) -> Floats:
        return embedder_input(face)

    def _letterbox(self, image: Pixels) -> tuple[Pixels, float]:
        """Return the (size, size, 3) canvas with the image in its top left corner, and the image's scale there."""
        height, width = image.shape[:2]
        scale = self._size / max(height, width)
        canvas = np.zeros((self._size, self._size, 3), np.uint8)
        fitted = cv2.resize(image, (round(width * scale), round(height * scale)))
        canvas[: fitted.shape[0], : fitted.shape[1]] = fitted
        return canvas, scale

    def _detect(self, blob: Floats) -> Floats:
        """Return the (n, 5, 2) landmarks of the faces, in pixels of the input."""
        outputs = run(self._detector, blob)
        scores, boxes, landmarks = zip(*(self._level(level, outputs) for level in range(len(STRIDES))), strict=True)
        kept = suppress(np.concatenate(boxes), np.concatenate(scores))
        return np.concatenate(landmarks)[kept]

    def _level(self, level: int, outputs: list[Floats]) -> tuple[Floats, Floats, Floats]:
        """Decode one stride: (n,) scores, (n, 4) left, top, right, bottom, (n, 5, 2) landmarks."""
        scores, boxes, landmarks = (outputs[level + part * len(STRIDES)] for part in range(3))
        above = np.flatnonzero(scores.reshape(-1) >= SCORE)
        place, stride = self._anchors[level][above], STRIDES[level]
        sides = boxes.reshape(-1, 4)[above] * stride
        corners = np.concatenate([place - sides[:, :2], place + sides[:, 2:]], axis=1)
        return scores.reshape(-1)[above], corners, place[:, None] + landmarks.reshape(-1, 5, 2)[above] * stride


def open_session(path: Path | bytes) -> ort.InferenceSession:
    """Open a network, a file or its content, on the CPU, single-threaded."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(session: ort.InferenceSession, blob: Floats) -> list[Floats]:
    """Return the outputs of a network with one input."""
    outputs: list[Floats] = session.run(None, {session.get_inputs()[0].name: blob})
    return outputs


def embedder_input(face: Pixels) -> Floats:
    """Return the (1, 3, 112, 112) input of an ArcFace network for an aligned face."""
    return _blob(face, 127.5)


def _blob(image: Pixels, scale: float) -> Floats:
    """Return the (1, 3, height, width) RGB input of a network for a BGR image."""
    blob = cv2.dnn.blobFromImage(image, 1 / scale, image.shape[1::-1], (127.5, 127.5, 127.5), swapRB=True)
    return np.asarray(blob, np.float32)


def _anchors(size: int, stride: int) -> Floats:
    """The (n, 2) x, y of the places that a stride proposes faces for, row by row, each twice."""
    y, x = np.mgrid[: size // stride, : size // stride] * stride
    return np.stack([x, y], axis=-1).reshape(-1, 2).repeat(ANCHORS, axis=0).astype(np.float32)


def suppress(boxes: Floats, scores: Floats) -> NDArray[np.intp]:
    """Return the indices of the boxes that are not covered by a better one."""
    sized = np.column_stack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
    return np.array(cv2.dnn.NMSBoxes(sized.tolist(), scores.tolist(), SCORE, OVERLAP), np.intp).reshape(-1)


def _align(image: Pixels, landmarks: Floats) -> Pixels:
    """Return the (112, 112, 3) face: the rotation, scale and shift that bring the landmarks nearest the template."""
    centre, target = landmarks.mean(axis=0), TEMPLATE.mean(axis=0)
    (x, y), (u, v) = (landmarks - centre).T, (TEMPLATE - target).T
    size = (x * x + y * y).sum()
    cosine, sine = (x * u + y * v).sum() / size, (x * v - y * u).sum() / size
    turn = np.array([[cosine, -sine], [sine, cosine]])
    matrix = np.column_stack([turn, target - turn @ centre])
    return np.asarray(cv2.warpAffine(image, matrix, (SIDE, SIDE)), np.uint8)


def _unit(vector: Floats) -> Floats:
    return vector / np.linalg.norm(vector)
