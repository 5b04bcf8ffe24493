"""A photograph with its faces marked."""

import cv2

from vectorizer.pipeline import Faces
from vectorizer.wire import whole_pixels

_GREEN, _WHITE = (64, 200, 64), (255, 255, 255)
_LINE_SHARE = 1 / 400
"""Width of a line as a share of the longer side of the image."""


def draw(faces: Faces, min_score: float, min_size: float) -> bytes:
    """Return the upright image in full size as a JPEG, with the box and the landmarks of its faces.

    Faces with a lower score, or fewer pixels on the shorter side of their box, are left out.
    """
    full = faces.image.in_full()
    drawn = cv2.cvtColor(full, cv2.COLOR_RGB2BGR, full)  # in its place: it may have 67 million pixels
    line = max(1, round(max(drawn.shape) * _LINE_SHARE))
    found = zip(whole_pixels(faces), faces.detections.scores, faces.detections.landmarks, strict=True)
    for (left, top, right, bottom), score, landmarks in found:
        if score < min_score or min(right - left, bottom - top) < min_size:
            continue
        cv2.rectangle(drawn, (left, top), (right, bottom), _GREEN, line)
        for x, y in landmarks:
            cv2.circle(drawn, (round(float(x)), round(float(y))), line, _WHITE, cv2.FILLED)
    _, encoded = cv2.imencode(".jpg", drawn)
    return encoded.tobytes()
