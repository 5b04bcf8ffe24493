"""The stages that one image passes: decode, detect, align, embed.

The deadline is checked between tiles and between slices of faces, each a fraction of a second, so that no lane works
long for a caller that is gone. A slice also bounds how long others wait where networks are shared, or where idle lanes
share the faces of a crowd.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from serving.stages import Stages
from vectorizer.decoding.picture import DecodedImage
from vectorizer.networks.alignment import SIZE, TEMPLATE, align, encode_jpeg, enlarges
from vectorizer.networks.detection import Detections
from vectorizer.networks.embedding import Embeddings
from vectorizer.networks.models import Models
from vectorizer.networks.orientation import Orientation
from vectorizer.networks.picture import Picture
from vectorizer.networks.quality import Quality, measure
from vectorizer.networks.tiles import Detail
from vectorizer.problems import DeadlineExceeded, NotAligned
from vectorizer.sharing import Share

BATCHED_SLICE = 16
"""Faces that are embedded at once by networks that batch."""

_SLICE = 4
"""Faces that are embedded at once on a CPU, some hundredths of a second."""

T = TypeVar("T")

Decode = Callable[[bytes], DecodedImage]
"""Decodes a file. Its pixels have to stay only while the image passes the stages."""


class Want(StrEnum):
    """What is added on request, to each face or once; box, score, landmarks and embedding always come."""

    CROPS = "crops"
    QUALITY = "quality"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Look:
    """How an image is looked at. max_faces: embedded, the largest ones; None for as many as the limits allow."""

    orientation: Orientation = Orientation.AUTO
    detail: Detail = Detail.AUTO
    max_faces: int | None = None


AS_USUAL = Look()


@dataclass(frozen=True, slots=True)
class Faces:
    """All faces of one image, best score first, in pixels of the full image.

    embeddings: (n, dimension). recognizabilities: (n,), 0 to 1; None with an embedder that was not measured.
    crops: n JPEG files. qualities: n. Both are None unless they were asked for.
    orientation: degrees clockwise by which the image was turned so that its faces were upright.
    omitted: how many more, smaller faces were found and not embedded.
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
    omitted: int = 0
    picture: bytes | None = None


def find_faces(
    models: Models,
    decode: Decode,
    data: bytes,
    wants: frozenset[Want] = frozenset(),
    look: Look = AS_USUAL,
    *,
    max_faces: int = sys.maxsize,
    deadline: float = inf,
    stages: Stages | None = None,
    share: Share[Models] | None = None,
) -> Faces:
    """Return the faces of the image file `data`, each with what `wants` names.

    max_faces: of those found, the largest are embedded. deadline: on `time.monotonic`'s clock. share: does the work on
    slices of the faces; None for this thread alone, with `models`.

    Raises DeadlineExceeded, and the problems of `decode`.
    """
    stages, check = stages or Stages(), _checking(deadline)
    with stages.measure("decode"):
        image = decode(data)
    picture = Picture(image.pixels, image.reduction, image.in_full)
    with stages.measure("detect"):
        found = models.finder.find(picture, look.orientation, look.detail, check)
    faces = _largest(found.faces, min(max_faces, look.max_faces or max_faces))
    with stages.measure("align"):
        aligned = _align_all(picture, faces.landmarks)
        encoded = tuple(_checked(map(encode_jpeg, aligned), check)) if Want.CROPS in wants else None
        qualities = tuple(_checked(map(measure, aligned), check)) if Want.QUALITY in wants else None
    with stages.measure("embed"):
        vectors, recognizabilities = _embed(models, aligned, faces.scores, check, share)
    return Faces(
        image,
        faces,
        vectors,
        recognizabilities,
        encoded,
        qualities,
        stages,
        found.orientation,
        len(found.faces) - len(faces),
        encode_jpeg(picture.full) if Want.PICTURE in wants else None,
    )


def _checking(deadline: float) -> Callable[[], None]:
    def check() -> None:
        if time.monotonic() > deadline:
            raise DeadlineExceeded(
                "The deadline passed while the image was analysed; try again, or send a smaller one."
            )

    return check


def _checked(results: Iterable[T], check: Callable[[], None]) -> Iterator[T]:
    """Yield results that are computed one by one, with a check before each."""
    for result in results:
        check()
        yield result


def _largest(faces: Detections, number: int) -> Detections:
    """Return the `number` largest faces, best score first as before."""
    if len(faces) <= number:
        return faces
    areas = (faces.boxes[:, 2:] - faces.boxes[:, :2]).prod(axis=1)
    return faces.pick(np.sort(np.argsort(-areas, kind="stable")[:number]))


def _embed(
    models: Models,
    aligned: NDArray[np.uint8],
    scores: NDArray[np.float32],
    check: Callable[[], None],
    share: Share[Models] | None,
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Return embeddings and recognizabilities, computed slice by slice, so that others get their turn between two."""

    def embed(models: Models, start: int) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        check()
        faces = aligned[start : start + size]
        embedded = models.embedder.embed(faces)
        return embedded.vectors, _recognizabilities(models, faces, scores[start : start + size], embedded)

    size = _SLICE if share else BATCHED_SLICE
    starts = range(0, max(len(aligned), 1), size)
    parts = share(embed, starts) if share and len(starts) > 1 else [embed(models, start) for start in starts]
    vectors, recognizabilities = zip(*parts, strict=True)
    return np.concatenate(vectors), None if models.recognizability is None else np.concatenate(recognizabilities)


def embed_aligned(
    models: Models, decode: Decode, data: bytes, *, score: float = 1, stages: Stages | None = None
) -> Faces:
    """Return the one face of an image file that is an aligned face, (112, 112); its box is the whole image.

    score: that of the face when it was detected, which recognizability depends on.

    Raises NotAligned, and the problems of `decode`.
    """
    stages = stages or Stages()
    with stages.measure("decode"):
        image = decode(data)
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
