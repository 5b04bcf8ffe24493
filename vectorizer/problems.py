"""What can go wrong in the vectorizer, each with a name, a status and a sentence a person can act on.

Problem
├── ImageMissing           400  image-missing
├── InvalidFileFormat      400  invalid-file-format
├── ImageTooLarge          413  image-too-large
├── ImageTooManyPixels     413  image-too-many-pixels
├── ImageUnreadable        422  image-unreadable
├── NotAligned             422  not-aligned
├── Busy                   503  busy
└── DeadlineExceeded       504  deadline-exceeded

StartError                 the service cannot start
├── ModelsUnavailable
├── ProviderUnavailable
└── RuntimeUnavailable
"""

from http import HTTPStatus
from typing import ClassVar


class Problem(Exception):
    """A request that cannot be answered. `str()` of it is the sentence for the client."""

    code: ClassVar[str]
    status: ClassVar[HTTPStatus]
    retry_after_seconds: ClassVar[int | None] = None


class ImageMissing(Problem):
    """The request has no image."""

    code = "image-missing"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self) -> None:
        super().__init__("Image is required: send the bytes of one image file.")


class InvalidFileFormat(Problem):
    """The bytes are no image of a format that is read here."""

    code = "invalid-file-format"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, media_type: str) -> None:
        super().__init__(f"Invalid file format {media_type}")


class ImageTooLarge(Problem):
    """The file is larger than allowed."""

    code = "image-too-large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The image is larger than {limit_bytes:,} bytes; send a smaller one.")


class ImageTooManyPixels(Problem):
    """The header announces more pixels than allowed."""

    code = "image-too-many-pixels"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self, width: int, height: int, limit_pixels: int) -> None:
        super().__init__(
            f"The image has {width} x {height} pixels, more than {limit_pixels:,} in all; send a smaller one."
        )


class ImageUnreadable(Problem):
    """The format is known but the data are damaged."""

    code = "image-unreadable"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, image_format: str) -> None:
        super().__init__(f"The {image_format} file is damaged or incomplete; send the whole file again.")


class NotAligned(Problem):
    """The image is not of the size of an aligned face."""

    code = "not-aligned"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, width: int, height: int) -> None:
        super().__init__(f"An aligned face has 112 x 112 pixels; this image has {width} x {height}.")


class Busy(Problem):
    """All places are taken."""

    code = "busy"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after_seconds = 1

    def __init__(self) -> None:
        super().__init__("The vectorizer is busy; try again in a moment.")


class DeadlineExceeded(Problem):
    """The caller's deadline passed before a lane was free."""

    code = "deadline-exceeded"
    status = HTTPStatus.GATEWAY_TIMEOUT
    retry_after_seconds = 1

    def __init__(self) -> None:
        super().__init__("The deadline passed before the image's turn came; try again in a moment.")


class StartError(Exception):
    """The service cannot start; the text says why and what to do."""


class ModelsUnavailable(StartError):
    """A model pack cannot be opened."""


class ProviderUnavailable(StartError):
    """The asked execution provider is not there."""

    def __init__(self, provider: str) -> None:
        libraries = ", the libraries of TensorRT" if provider == "tensorrt" else ""
        super().__init__(
            f"The networks cannot run on {provider!r}: ONNX Runtime has no such provider here. Install onnxruntime-gpu"
            f"{libraries} and a CUDA driver it supports, or set VECTORIZER_PROVIDER=cpu."
        )


class RuntimeUnavailable(StartError):
    """The asked runtime is not there."""

    def __init__(self) -> None:
        super().__init__("OpenVINO is not installed; install it, or set VECTORIZER_RUNTIME to auto or onnxruntime.")
