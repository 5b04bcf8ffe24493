"""The errors that a call of the client can raise.

FaceserverError
├── Unreachable              no answer: connection refused, broken, or timed out
├── UnexpectedAnswer         the answer is not from this service, or from another version
├── JobFailed                a job did not complete its work
└── ProblemError             the service describes the problem with a code and a sentence
    ├── Refused              the request is at fault and fails again if repeated
    │   ├── NoFace               the photograph shows no face
    │   ├── SeveralFaces         the photograph shows several, and none was selected
    │   ├── UnusablePhotograph   empty, too large, damaged, or not an image
    │   ├── NoneEnrolled         every photograph was refused
    │   ├── NotFound             the file, directory, person, ... does not exist
    │   └── Conflict             the request conflicts with the present state
    │       └── Changed              it has been edited since it was read
    └── Outage               the service is at fault; the same request may succeed later
        └── Unavailable          a part of the service is unavailable or too slow
            └── Busy             the service is overloaded
"""

from http import HTTPStatus
from typing import ClassVar


class FaceserverError(Exception):
    """Base of all errors of a call, except OSError if a photograph cannot be read from disk."""


class Unreachable(FaceserverError):
    """The service did not answer; the cause is httpx's error."""


class UnexpectedAnswer(FaceserverError):
    """The client cannot read the answer."""


class JobFailed(FaceserverError):
    """A job failed; docs/api.md lists the codes. Its text is the sentence."""

    def __init__(self, sentence: str, code: str, job: str) -> None:
        super().__init__(sentence, code, job)
        self.sentence = sentence
        self.code = code
        self.job = job

    def __str__(self) -> str:
        return self.sentence


class ProblemError(FaceserverError):
    """A problem reported by the service; docs/api.md lists the codes. Its text is the sentence."""

    codes: ClassVar[frozenset[str]] = frozenset()
    """The codes of this class, without those of its subclasses."""

    def __init__(self, sentence: str, code: str, status: int, request_id: str | None) -> None:
        super().__init__(sentence, code, status, request_id)
        self.sentence = sentence
        self.code = code
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        return self.sentence


class Refused(ProblemError):
    """The request is at fault: it fails again if repeated."""


class NoFace(Refused):
    """A photograph that should show a person shows no face."""

    codes = frozenset({"no-face"})


class SeveralFaces(Refused):
    """A photograph shows several faces, and none was selected."""

    codes = frozenset({"several-faces"})


class UnusablePhotograph(Refused):
    """The photograph is empty, too large, damaged, or not an image that the service reads."""

    codes = frozenset(
        {
            "file-empty",
            "image-too-costly",
            "image-too-large",
            "image-too-many-pixels",
            "image-unreadable",
            "invalid-file-format",
        }
    )


class NoneEnrolled(Refused):
    """Every photograph was refused."""

    codes = frozenset({"no-face-enrolled"})


class NotFound(Refused):
    """The requested resource does not exist."""


class Conflict(Refused):
    """The request conflicts with the present state, such as a name that is taken."""

    codes = frozenset({"already-exists"})


class Changed(Conflict):
    """The resource has been edited since it was read; read it again."""

    codes = frozenset({"precondition-failed"})


class Outage(ProblemError):
    """The service is at fault; the same request may succeed later."""


class Unavailable(Outage):
    """A part of the service is unavailable or does not answer in time."""


class Busy(Unavailable):
    """The service is overloaded."""

    codes = frozenset({"database-busy", "directory-busy", "gateway-busy", "too-many-connections", "vectorizer-busy"})


_BY_CODE = {
    code: kind
    for kind in (NoFace, SeveralFaces, UnusablePhotograph, NoneEnrolled, Conflict, Changed, Busy)
    for code in kind.codes
}
_BY_STATUS: dict[int, type[ProblemError]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.SERVICE_UNAVAILABLE: Unavailable,
    HTTPStatus.GATEWAY_TIMEOUT: Unavailable,
}


def problem(sentence: str, code: str, status: int, request_id: str | None) -> ProblemError:
    """Return an error of the narrowest matching class, also for codes that are newer than this client."""
    wide = Outage if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Refused
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status, wide)
    return kind(sentence, code, status, request_id)
