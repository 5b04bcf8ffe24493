"""The stages that one image passes: decode, detect, align, embed."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from serving.stages import Stages
from vectorizer.images import DecodedImage, Limits, decode
from vectorizer.networks.alignment import SIZE, TEMPLATE, align, encode_crop, enlarges
from vectorizer.networks.detection import Detections
from vectorizer.networks.embedding import Embeddings
from vectorizer.networks.models import Models
from vectorizer.networks.quality import Quality, measure
from vectorizer.problems import NotAligned


class Want(StrEnum):
    """What is added to each face on request; box, score, landmarks and embedding always come."""

    CROPS = "crops"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True)
class Faces:
    """All faces of one image, best score first, in pixels of the full image.

    embeddings: (n, dimension). recognizabilities: (n,), 0 to 1; None with an embedder that was not measured.
    crops: n JPEG files. qualities: n. Both are None unless they were asked for.
    """

    image: DecodedImage
    detections: Detections
    embeddings: NDArray[np.float32]
    recognizabilities: NDArray[np.float32] | None
    crops: tuple[bytes, ...] | None
    qualities: tuple[Quality, ...] | None
    stages: Stages


def find_faces(
    models: Models,
    limits: Limits,
    data: bytes,
    wants: frozenset[Want] = frozenset(),
    *,
    stages: Stages | None = None,
) -> Faces:
    """Return the faces of the image file `data`, each with what `wants` names.

    Raises the problems of `vectorizer.images.decode`.
    """
    stages = stages or Stages()
    with stages.measure("decode"):
        image = decode(data, limits)
    with stages.measure("detect"):
        detections = models.detector.detect(image.pixels)
    with stages.measure("align"):
        aligned = _align_all(image, detections.landmarks)
        encoded = tuple(map(encode_crop, aligned)) if Want.CROPS in wants else None
        qualities = tuple(map(measure, aligned)) if Want.QUALITY in wants else None
    with stages.measure("embed"):
        embedded = models.embedder.embed(aligned)
        recognizabilities = _recognizabilities(models, aligned, detections.scores, embedded)
    return Faces(
        image, detections.enlarged(image.reduction), embedded.vectors, recognizabilities, encoded, qualities, stages
    )


def embed_aligned(
    models: Models, limits: Limits, data: bytes, *, score: float = 1, stages: Stages | None = None
) -> Faces:
    """Return the one face of an image file that is an aligned face, (112, 112); its box is the whole image.

    score: that of the face when it was detected, which recognizability depends on.

    Raises NotAligned, and the problems of `vectorizer.images.decode`.
    """
    stages = stages or Stages()
    with stages.measure("decode"):
        image = decode(data, limits)
        aligned = image.in_full()[None]
    if aligned.shape[1:3] != (SIZE, SIZE):
        raise NotAligned(image.width, image.height)
    with stages.measure("embed"):
        embedded = models.embedder.embed(aligned)
        scores = np.full(1, score, np.float32)
        recognizabilities = _recognizabilities(models, aligned, scores, embedded)
    whole = np.array([[0, 0, SIZE, SIZE]], np.float32)
    return Faces(
        image,
        Detections(whole, scores, TEMPLATE[None]),
        embedded.vectors,
        recognizabilities,
        (data,),
        (measure(aligned[0]),),
        stages,
    )


def _recognizabilities(
    models: Models, aligned: NDArray[np.uint8], scores: NDArray[np.float32], embedded: Embeddings
) -> NDArray[np.float32] | None:
    if models.recognizability is None:
        return None
    return models.recognizability.of(aligned, scores, embedded)


def _align_all(image: DecodedImage, landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return (n, 112, 112, 3) aligned faces; from the full image if the reduced one has too few pixels of a face."""
    pixels = image.pixels
    if image.reduction > 1:
        full = landmarks * image.reduction
        if any(enlarges(points) for points in landmarks):
            pixels, landmarks = image.in_full(), full
        else:
            # Warping counts from the centre of a pixel, and a reduced pixel has another centre than its full ones.
            landmarks = ((full + 0.5) / image.reduction - 0.5).astype(np.float32)
    aligned = [align(pixels, points) for points in landmarks]
    return np.stack(aligned) if aligned else np.empty((0, SIZE, SIZE, 3), np.uint8)
