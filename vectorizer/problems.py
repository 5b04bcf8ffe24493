"""Everything that can go wrong in the vectorizer, each with a slug, a status and a sentence.

Problem
├── Refused                  the caller's fault: the same request will fail again
│   ├── ImageMissing         image-missing          400
│   ├── InvalidFileFormat    invalid-file-format    400
│   ├── BadRequest           bad-request            400
│   ├── NotFound             not-found              404
│   ├── MethodNotAllowed     method-not-allowed     405
│   ├── ImageTooLarge        image-too-large        413
│   ├── ImageTooManyPixels   image-too-many-pixels  413
│   ├── ImageUnreadable      image-unreadable       422
│   ├── NotAligned           not-aligned            422
│   └── InvalidRequest       invalid-request        422
├── Outage                   the same request may succeed later
│   ├── Busy                 busy                   503
│   └── DeadlineExceeded     deadline-exceeded      504
└── InternalError            internal-error         500  our own fault

StartError                   the service cannot start
├── ModelsUnavailable
├── ProviderUnavailable
└── RuntimeUnavailable
"""

from typing import ClassVar


class Problem(Exception):
    """A failure with a public face, as in RFC 9457; a more precise `sentence` may be given where it is raised."""

    code: ClassVar[str]
    status: ClassVar[int]
    sentence: str

    def __init_subclass__(cls, *, code: str = "", status: int = 0, sentence: str = "") -> None:
        cls.code = code
        cls.sentence = sentence
        cls.status = status or cls.status

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or self.sentence)
        self.sentence = str(self)


class Refused(Problem, status=400):
    """The caller's fault."""


class ImageMissing(Refused, code="image-missing", sentence="Image is required: send the bytes of one image file."):
    """The request has no image."""


class InvalidFileFormat(Refused, code="invalid-file-format", sentence="Invalid file format"):
    """The bytes are not an image of a format that is read here."""

    def __init__(self, media_type: str) -> None:
        super().__init__(f"Invalid file format {media_type}")


class BadRequest(Refused, code="bad-request", sentence="The form cannot be read."):
    """A body that is not the form its content type promises."""


class NotFound(Refused, code="not-found", status=404, sentence="There is nothing at this address."):
    """No such path."""


class MethodNotAllowed(Refused, code="method-not-allowed", status=405, sentence="This method is not allowed here."):
    """The path exists, but not for this method."""


class ImageTooLarge(Refused, code="image-too-large", status=413, sentence="The image has too many bytes."):
    """The file is larger than allowed."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The image is larger than {limit_bytes:,} bytes; send a smaller one.")


class ImageTooManyPixels(Refused, code="image-too-many-pixels", status=413, sentence="The image has too many pixels."):
    """The header announces more pixels than allowed."""

    def __init__(self, width: int, height: int, limit_pixels: int) -> None:
        super().__init__(
            f"The image has {width} x {height} pixels, more than the {limit_pixels:,} allowed; send a smaller one."
        )


class ImageUnreadable(Refused, code="image-unreadable", status=422, sentence="The image is truncated or corrupt."):
    """The format is known but the data are damaged."""

    def __init__(self, image_format: str) -> None:
        super().__init__(f"The {image_format} file is damaged or incomplete; send the whole file again.")


class NotAligned(Refused, code="not-aligned", status=422, sentence="The image is not an aligned face."):
    """The image does not have the size of an aligned face."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(f"An aligned face has 112 x 112 pixels; this image has {width} x {height}.")


class InvalidRequest(Refused, code="invalid-request", status=422, sentence="The request is invalid."):
    """A query parameter or header is invalid; the sentence names it."""


class Outage(Problem, status=503):
    """The service has too much work."""

    retry_after_seconds: ClassVar[int] = 1


class Busy(Outage, code="busy", sentence="The vectorizer is busy; try again in a moment."):
    """As many images as allowed are waiting or being worked on."""


class DeadlineExceeded(
    Outage,
    code="deadline-exceeded",
    status=504,
    sentence="The deadline passed before the image's turn came; try again in a moment.",
):
    """The caller's deadline passed before a lane was free."""


class InternalError(Problem, code="internal-error", status=500, sentence="Something went wrong on our side."):
    """A mistake in this service."""


class StartError(Exception):
    """The service cannot start; the text says why and what to do."""


class ModelsUnavailable(StartError):
    """A model pack cannot be opened."""


class ProviderUnavailable(StartError):
    """The requested execution provider is not available."""

    def __init__(self, provider: str) -> None:
        libraries = ", the libraries of TensorRT" if provider == "tensorrt" else ""
        super().__init__(
            f"The networks cannot run on {provider!r}: ONNX Runtime does not offer this provider here. Install "
            f"onnxruntime-gpu{libraries} and a CUDA driver it supports, or set VECTORIZER_PROVIDER=cpu."
        )


class RuntimeUnavailable(StartError):
    """The requested runtime is not available."""

    def __init__(self) -> None:
        super().__init__("OpenVINO is not installed; install it, or set VECTORIZER_RUNTIME to auto or onnxruntime.")
