"""Aligns a face: rotation, scale and shift put its landmarks where the embedding networks expect them."""

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE = 112
"""Side of an aligned face, pixels."""

TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
"""(5, 2) x, y of the landmarks in an aligned face. Source: the ArcFace reference alignment (Deng et al., 2019)."""


def align(image: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the aligned face, (112, 112, 3); pixels outside `image`, (height, width, 3), are black.

    landmarks: (5, 2) x, y in pixels of `image`.
    """
    aligned = cv2.warpAffine(image, similarity_transform(landmarks, TEMPLATE), (SIZE, SIZE), flags=cv2.INTER_LINEAR)
    return aligned.astype(np.uint8, copy=False)


def enlarges(landmarks: NDArray[np.float32]) -> bool:
    """Whether the aligned face has more pixels than the face in the image, whose (5, 2) landmarks these are."""
    matrix = similarity_transform(landmarks, TEMPLATE)
    return bool(np.linalg.det(matrix[:, :2]) > 1)


def similarity_transform(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the (2, 3) matrix of the rotation, scale and shift that takes `source` closest to `target`, both (n, 2).

    Closest in the sum of squared distances. Source: Umeyama, "Least-squares estimation of transformation parameters
    between two point patterns", IEEE PAMI 13(4), 1991, equations 38 to 43.
    """
    source_mean, target_mean = source.mean(axis=0, dtype=np.float64), target.mean(axis=0, dtype=np.float64)
    source_offset, target_offset = source - source_mean, target - target_mean
    covariance = target_offset.T @ source_offset / len(source)
    left, singular, right = np.linalg.svd(covariance)
    signs = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right)) or 1.0])
    rotation = left @ np.diag(signs) @ right
    variance = (source_offset**2).sum() / len(source)
    scale = (singular * signs).sum() / max(variance, np.finfo(np.float64).tiny)
    return np.column_stack([scale * rotation, target_mean - scale * rotation @ source_mean])


def encode_crop(aligned: NDArray[np.uint8]) -> bytes:
    """Return an aligned RGB face as a JPEG that is small, and good enough to embed again with another model."""
    full_colour = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(aligned, cv2.COLOR_RGB2BGR), full_colour)
    return encoded.tobytes()
