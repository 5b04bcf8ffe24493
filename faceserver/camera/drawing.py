"""A photograph with a box and a name for every face."""

from collections.abc import Sequence
from pathlib import Path

from pi_heif import register_heif_opener
from PIL import Image, ImageDraw, ImageFont, ImageOps

from faceserver.client.results import RecognizedFace

register_heif_opener()

_COLOURS = {"match": "#2e9e4f", "review": "#d99a00", "unknown": "#8a8a8a"}
_TEXT_SHARE = 1 / 40
"""The height of the names as a share of the photograph's shorter side."""
_MIN_TEXT_PIXELS = 12


def draw(photograph: Path, faces: Sequence[RecognizedFace], path: Path) -> None:
    """Write the upright photograph with its faces to `path`, whose suffix determines the format.

    Raises OSError, or ValueError for an unknown suffix.
    """
    with Image.open(photograph) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    size = max(_MIN_TEXT_PIXELS, round(min(upright.size) * _TEXT_SHARE))
    pen, font = ImageDraw.Draw(upright), ImageFont.load_default(size)
    for face in faces:
        colour = _COLOURS[face.decision]
        pen.rectangle(face.box, outline=colour, width=max(2, size // 8))
        corner = (face.box.left, max(0, face.box.top - round(1.4 * size)))
        pen.rectangle(pen.textbbox(corner, _label(face), font), fill=colour)
        pen.text(corner, _label(face), "white", font)
    upright.save(path)


def _label(face: RecognizedFace) -> str:
    """Return a name, with a question mark if the decision needs a review, or why nobody is named."""
    return f"{face.person or face.reason or 'unknown'}{'?' if face.decision == 'review' else ''}"
