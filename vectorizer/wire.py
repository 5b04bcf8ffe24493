"""The formats of an answer: MessagePack for the gateway, JSON for people."""

from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.models import ModelSource
from vectorizer.pipeline import Faces
from vectorizer.preview import Preview

MEDIA_TYPE = "application/msgpack"


def pack_faces(faces: Faces, source: ModelSource) -> bytes:
    """Return the answer of ``POST /faces``: a MessagePack map; vectors and landmarks are little-endian float32 bytes.

    The model includes its calibration, thresholds, tail and floor of recognizability, so that the gateway can search
    without a second source.
    """
    manifest = source.embedder
    picture = {} if faces.picture is None else {"picture": faces.picture}
    packed: bytes = msgpack.packb(
        {
            "model": {
                "id": source.embedder_id,
                "dimension": manifest.dimension,
                "calibration": manifest.calibration.model_dump(),
                "thresholds": manifest.thresholds.model_dump(),
                "tail": manifest.tail.model_dump(),
                "calibrated": manifest.calibrated,
                "recognizability_floor": manifest.recognizability.floor if manifest.recognizability else None,
            },
            "image": {
                "media_type": faces.image.media_type,
                "extension": faces.image.extension,
                "width": faces.image.width,
                "height": faces.image.height,
                "orientation": faces.orientation,
            },
            "faces_omitted": faces.omitted,
            "timings": faces.stages.own,
            "faces": [_face(faces, box, index) for index, box in enumerate(whole_pixels(faces))],
            **picture,
        }
    )
    return packed


def pack_preview(preview: Preview) -> bytes:
    """Return the answer of ``POST /preview``: a MessagePack map."""
    packed: bytes = msgpack.packb(preview._asdict())
    return packed


def describe_faces(faces: Faces) -> list[dict[str, Any]]:
    """Return the answer of ``POST /vectorize``: box, vector and score of each face."""
    return [
        {"box": box, "vector": vector.tolist(), "score": round(float(score), 4)}
        for box, vector, score in zip(whole_pixels(faces), faces.embeddings, faces.detections.scores, strict=True)
    ]


def _face(faces: Faces, box: list[int], index: int) -> dict[str, Any]:
    face = {
        "box": box,
        "score": float(faces.detections.scores[index]),
        "landmarks": _float32_bytes(faces.detections.landmarks[index]),
        "embedding": _float32_bytes(faces.embeddings[index]),
        "recognizability": None if faces.recognizabilities is None else float(faces.recognizabilities[index]),
    }
    if faces.crops is not None:
        face["crop"] = faces.crops[index]
    if faces.qualities is not None:
        quality = faces.qualities[index]
        face["quality"] = {"sharpness": quality.sharpness, "brightness": quality.brightness}
    return face


def whole_pixels(faces: Faces) -> list[list[int]]:
    """Return the boxes as whole pixels inside the image."""
    width, height = faces.image.width, faces.image.height
    boxes = np.clip(faces.detections.boxes.round(), 0, [width, height, width, height])
    whole: list[list[int]] = boxes.astype(int).tolist()
    return whole


def _float32_bytes(values: NDArray[np.float32]) -> bytes:
    return values.astype("<f4").tobytes()
