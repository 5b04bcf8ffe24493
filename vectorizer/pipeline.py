"""The stages that one image passes: decode, detect, align, embed."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from serving.stages import Stages
from vectorizer.decoding.opencv import encode_jpeg
from vectorizer.images import DecodedImage, Limits, decode
from vectorizer.networks.alignment import SIZE, TEMPLATE, align, encode_crop, enlarges
from vectorizer.networks.detection import Detections
from vectorizer.networks.embedding import Embeddings
from vectorizer.networks.models import Models
from vectorizer.networks.orientation import Orientation
from vectorizer.networks.picture import Picture
from vectorizer.networks.quality import Quality, measure
from vectorizer.networks.tiles import Detail
from vectorizer.problems import NotAligned


class Want(StrEnum):
    """What is added on request, to each face or once; box, score, landmarks and embedding always come."""

    CROPS = "crops"
    QUALITY = "quality"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Look:
    """How an image is looked at."""

    orientation: Orientation = Orientation.AUTO
    detail: Detail = Detail.AUTO


AS_USUAL = Look()


@dataclass(frozen=True, slots=True)
class Faces:
    """All faces of one image, best score first, in pixels of the full image.

    embeddings: (n, dimension). recognizabilities: (n,), 0 to 1; None with an embedder that was not measured.
    crops: n JPEG files. qualities: n. Both are None unless they were asked for.
    orientation: degrees clockwise by which the image was turned so that its faces were upright.
    picture: the image as a new JPEG file, upright by its EXIF orientation; None unless it was asked for.
    """

    image: DecodedImage
    detections: Detections
    embeddings: NDArray[np.float32]
    recognizabilities: NDArray[np.float32] | None
    crops: tuple[bytes, ...] | None
    qualities: tuple[Quality, ...] | None
    stages: Stages
    orientation: int = 0
    picture: bytes | None = None


def find_faces(
    models: Models,
    limits: Limits,
    data: bytes,
    wants: frozenset[Want] = frozenset(),
    look: Look = AS_USUAL,
    *,
    stages: Stages | None = None,
) -> Faces:
    """Return the faces of the image file `data`, each with what `wants` names.

    Raises the problems of `vectorizer.images.decode`.
    """
    stages = stages or Stages()
    with stages.measure("decode"):
        image = decode(data, limits)
    picture = Picture(image.pixels, image.reduction, image.in_full)
    with stages.measure("detect"):
        found = models.finder.find(picture, look.orientation, look.detail)
    with stages.measure("align"):
        aligned = _align_all(picture, found.faces.landmarks)
        encoded = tuple(map(encode_crop, aligned)) if Want.CROPS in wants else None
        qualities = tuple(map(measure, aligned)) if Want.QUALITY in wants else None
    with stages.measure("embed"):
        embedded = models.embedder.embed(aligned)
        recognizabilities = _recognizabilities(models, aligned, found.faces.scores, embedded)
    file = encode_jpeg(picture.full) if Want.PICTURE in wants else None
    return Faces(
        *(image, found.faces, embedded.vectors, recognizabilities, encoded, qualities, stages, found.orientation, file)
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


def _align_all(picture: Picture, landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return (n, 112, 112, 3) aligned faces; from the full image if the reduced one has too few pixels of a face.

    landmarks: (n, 5, 2), pixels of the full image.
    """
    pixels = picture.reduced
    if picture.reduction > 1:
        if any(enlarges(points / picture.reduction) for points in landmarks):
            pixels = picture.full
        else:
            # Warping counts from the centre of a pixel, and a reduced pixel has another centre than its full ones.
            landmarks = ((landmarks + 0.5) / picture.reduction - 0.5).astype(np.float32)
    aligned = [align(pixels, points) for points in landmarks]
    return np.stack(aligned) if aligned else np.empty((0, SIZE, SIZE, 3), np.uint8)
