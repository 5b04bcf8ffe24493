"""The forms in which a photograph can be given."""

from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeAlias, cast

from faceserver.client.pillow import upright
from faceserver.file_names import shown

if TYPE_CHECKING:
    from PIL.Image import Image


class Pixels(Protocol):
    """An array of NumPy, an image of Pillow, or any object with the same interface; neither package is required."""

    @property
    def __array_interface__(self) -> dict[str, Any]: ...


Photograph: TypeAlias = bytes | bytearray | memoryview | str | PathLike[str] | BinaryIO | Pixels
"""The bytes of an image file, a path, a file opened in binary mode, an image of Pillow, or pixels: height x width x 3
uint8, RGB, upright.

OpenCV's pixels are BGR: give `frame[..., ::-1]`. Pixels do not tell their EXIF orientation, which images of Pillow do.
"""

_UNNAMED = "photograph"
_JPEG_QUALITY = 95


def load(photograph: Photograph) -> tuple[str, bytes]:
    """Return the name and the bytes of an image file. Raises OSError, or TypeError for other objects."""
    if isinstance(photograph, bytes | bytearray | memoryview):
        return _UNNAMED, bytes(photograph)
    if isinstance(photograph, str | PathLike):
        path = Path(photograph)
        return shown(path.name), path.read_bytes()
    if hasattr(photograph, "read"):
        return _read(cast("BinaryIO", photograph))
    return f"{_UNNAMED}.jpg", _encoded(photograph)


def _read(file: BinaryIO) -> tuple[str, bytes]:
    content = file.read()
    if not isinstance(content, bytes):
        raise TypeError("Open the photograph in binary mode.")
    name = getattr(file, "name", None)  # an int for a file opened from a descriptor, missing for one in memory
    return shown(Path(name).name) if isinstance(name, str) else _UNNAMED, content


def _encoded(pixels: Pixels) -> bytes:
    """Return pixels as a JPEG of high quality; the same pixels always give the same bytes."""
    from PIL import Image  # noqa: PLC0415 - slow, and only needed for pixels

    file = BytesIO()
    image = upright(pixels) if isinstance(pixels, Image.Image) else _image(pixels)
    image.save(file, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return file.getvalue()


def _image(pixels: Pixels) -> "Image":
    from PIL import Image  # noqa: PLC0415

    interface = getattr(pixels, "__array_interface__", {"typestr": type(pixels).__name__, "shape": ()})
    if interface["typestr"] != "|u1" or len(interface["shape"]) != 3 or interface["shape"][2] != 3:
        raise TypeError(
            "A photograph must be bytes, a path, a binary file, an image of Pillow, or pixels as uint8, "
            f"height x width x 3, RGB; this is {interface['typestr']} {interface['shape']}."
        )
    return Image.fromarray(pixels)
