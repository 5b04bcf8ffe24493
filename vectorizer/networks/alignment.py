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
    return bool(np.hypot(*matrix[:, 0]) > 1)


def similarity_transform(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the (2, 3) matrix of the rotation, scale and shift that takes `source` closest to `target`, both (n, 2).

    Closest in the sum of squared distances. Source: Umeyama, "Least-squares estimation of transformation parameters
    between two point patterns", IEEE PAMI 13(4), 1991, equations 38 to 43, which need no decomposition in the plane.
    """
    source_mean, target_mean = source.mean(axis=0, dtype=np.float64), target.mean(axis=0, dtype=np.float64)
    along, across = agreement(source - source_mean, target - target_mean)
    spread = max(((source - source_mean) ** 2).sum(), np.finfo(np.float64).tiny)
    turn = np.array([[along, -across], [across, along]]) / spread
    return np.column_stack([turn, target_mean - turn @ source_mean])


def agreement(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums of the dot and of the cross products of `source`, (…, n, 2), and `target`, (n, 2): (2, …).

    The points are relative to their means. The second over the first is the tangent of the angle between both.
    """
    dot = (source * target).sum(axis=(-2, -1))
    cross = (source[..., 0] * target[:, 1] - source[..., 1] * target[:, 0]).sum(axis=-1)
    return np.stack([dot, cross])


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """Return (rows, columns, 3) RGB as a small JPEG that is good enough to embed faces again with another model."""
    full_colour = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), full_colour)
    return encoded.tobytes()
