"""All problems the vectorizer reports; each has a code, an HTTP status and a sentence.

Problem
├── Refused                  caused by the client: the same request will fail again
│   ├── ImageMissing         image-missing          400
│   ├── InvalidFileFormat    invalid-file-format    400
│   ├── BadRequest           bad-request            400
│   ├── MalformedRequest     malformed-request      400
│   ├── SecretRequired       secret-required        401
│   ├── OriginNotAllowed     origin-not-allowed     403
│   ├── NotFound             not-found              404
│   ├── MethodNotAllowed     method-not-allowed     405
│   ├── RequestTimeout       request-timeout        408
│   ├── UploadTimeout        upload-timeout         408
│   ├── ImageTooLarge        image-too-large        413
│   ├── ImageTooManyPixels   image-too-many-pixels  413
│   ├── HostNotAccepted      host-not-accepted      421
│   ├── ImageUnreadable      image-unreadable       422
│   ├── ImageTooCostly       image-too-costly       422
│   ├── NotAligned           not-aligned            422
│   ├── InvalidRequest       invalid-request        422
│   └── HeadersTooLarge      headers-too-large      431
├── Outage                   the same request may succeed later
│   ├── Busy                 busy                   503
│   ├── TooManyConnections   too-many-connections   503
│   ├── NotReady             not-ready              503
│   └── DeadlineExceeded     deadline-exceeded      504
└── InternalError            internal-error         500  a defect of this service

StartError                   the service cannot start; it is not reported by HTTP
├── LicenceForbids
├── ModelsUnavailable
├── ProviderUnavailable
└── RuntimeUnavailable
"""

from serving.problems import HeadersTooLarge as HeadersTooLarge
from serving.problems import InternalError as InternalError
from serving.problems import MalformedRequest as MalformedRequest
from serving.problems import MethodNotAllowed as MethodNotAllowed
from serving.problems import NotFound as NotFound
from serving.problems import Outage as Outage
from serving.problems import Problem as Problem
from serving.problems import Refused as Refused
from serving.problems import RequestTimeout as RequestTimeout
from serving.problems import TooManyConnections as TooManyConnections


class ImageMissing(Refused, code="image-missing", sentence="Image is required: send the bytes of one image file."):
    """A request without an image."""


class InvalidFileFormat(Refused, code="invalid-file-format", sentence="Invalid file format"):
    """A file that is not an image, or an image of an unsupported format or variant."""

    def __init__(self, media_type: str, hint: str | None = None) -> None:
        """Name the format, as clients of the older face server know it; hint: what is not supported, or what to do."""
        super().__init__(f"Invalid file format {media_type}" + (f": {hint}" if hint else ""))


class BadRequest(Refused, code="bad-request", sentence="The form is malformed."):
    """A body that does not match its content type."""


class UploadTimeout(Refused, code="upload-timeout", status=408, sentence="The upload took too long."):
    """A body that arrived too slowly."""


class OriginNotAllowed(
    Refused, code="origin-not-allowed", status=403, sentence="Web pages may not call the vectorizer."
):
    """A request of a web page of another origin."""


class SecretRequired(
    Refused, code="secret-required", status=401, sentence="The caller must send the secret of this vectorizer."
):
    """A request without the secret, or with another one."""


class HostNotAccepted(
    Refused,
    code="host-not-accepted",
    status=421,
    sentence="This host name is not served here; add it to VECTORIZER_HOSTS if it is yours.",
):
    """A Host header that names none of the accepted hosts."""


class ImageTooLarge(Refused, code="image-too-large", status=413, sentence="The image has too many bytes."):
    """An image with more bytes than the limit."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The image is larger than {limit_bytes:,} bytes; send a smaller one.")


class ImageTooManyPixels(Refused, code="image-too-many-pixels", status=413, sentence="The image has too many pixels."):
    """An image whose header announces more pixels, or a longer side, than the limit."""

    def __init__(self, width: int, height: int, excess: str) -> None:
        """excess: which limit it exceeds, such as "more than the 67,000,000 allowed"."""
        super().__init__(f"The image has {width} x {height} pixels, {excess}; send a smaller one.")


class ImageUnreadable(Refused, code="image-unreadable", status=422, sentence="The image is truncated or corrupt."):
    """An image of a supported format that is corrupt, or of which less than 95 % of the rows can be decoded."""

    def __init__(self, image_format: str) -> None:
        super().__init__(f"The {image_format} file is damaged or incomplete; send the whole file again.")


class ImageTooCostly(
    Refused,
    code="image-too-costly",
    status=422,
    sentence="The image costs too much to decode; save it again, for instance as an ordinary JPEG.",
):
    """An image that takes more time or memory to decode than any ordinary one of its format."""


class NotAligned(Refused, code="not-aligned", status=422, sentence="The image is not an aligned face."):
    """An image that does not have the size of an aligned face."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(f"An aligned face has 112 x 112 pixels; this image has {width} x {height}.")


class InvalidRequest(Refused, code="invalid-request", status=422, sentence="The request is invalid."):
    """An invalid query parameter or header; the sentence names it."""


class Busy(Outage, code="busy", sentence="The vectorizer is busy; try again in a moment."):
    """The maximum number of images is waiting or being processed."""


class NotReady(Outage, code="not-ready", sentence="Every lane works on an image that is past its deadline."):
    """All lanes hang, or have far too much to do."""


class DeadlineExceeded(
    Outage,
    code="deadline-exceeded",
    status=504,
    sentence="The deadline passed before a lane was free; try again in a moment.",
):
    """The deadline of the request passed before a lane was free, or while it worked."""


class StartError(Exception):
    """The service cannot start; the text says why and what to do."""


class LicenceForbids(StartError):
    """The licence of a model forbids the use that VECTORIZER_COMMERCIAL_USE declares."""


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
