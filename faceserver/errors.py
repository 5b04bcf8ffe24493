"""What a call of the client can raise.

FaceserverError
├── Unreachable              no answer came: refused, cut, or too late
├── UnexpectedAnswer         what answered is not this service, or one of another version
├── JobFailed                a job that was waited for
└── ProblemError             the service says what is wrong, with a code and a sentence
    ├── Refused              the request's fault: sent again it fails again
    │   ├── NoFace               nobody on the photograph
    │   ├── SeveralFaces         several people, and not said whom to take
    │   ├── UnusablePhotograph   empty, too large, damaged, or no image at all
    │   ├── NoneEnrolled         each photograph of several was refused
    │   ├── NotFound             no such file, directory, person, ...
    │   └── Conflict             it does not fit what is there
    │       └── Changed              somebody else changed it in between
    └── Outage               nothing is lost, and the same request may succeed later
        └── Unavailable          not now: a part of the service is away, or too slow
            └── Busy             not now: there is too much to do
"""

from http import HTTPStatus
from typing import ClassVar


class FaceserverError(Exception):
    """Anything that a call can raise, but for OSError where a photograph cannot be read from disk."""


class Unreachable(FaceserverError):
    """No answer came; the cause is the error of httpx."""


class UnexpectedAnswer(FaceserverError):
    """An answer that this client cannot read."""


class JobFailed(FaceserverError):
    """A job that was waited for ended without its work done; docs/api.md lists the codes. Its text is the sentence."""

    def __init__(self, sentence: str, code: str, job: str) -> None:
        super().__init__(sentence, code, job)
        self.sentence = sentence
        self.code = code
        self.job = job

    def __str__(self) -> str:
        return self.sentence


class ProblemError(FaceserverError):
    """A named problem; docs/api.md lists the codes. Its text is the sentence."""

    codes: ClassVar[frozenset[str]] = frozenset()
    """The codes that mean this class and no wider one."""

    def __init__(self, sentence: str, code: str, status: int, request_id: str | None) -> None:
        super().__init__(sentence, code, status, request_id)
        self.sentence = sentence
        self.code = code
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        return self.sentence


class Refused(ProblemError):
    """The request's fault: sent again it fails again."""


class NoFace(Refused):
    """Nobody was found on a photograph that should show a person."""

    codes = frozenset({"no-face"})


class SeveralFaces(Refused):
    """Several people were found, and it was not said whom to take."""

    codes = frozenset({"several-faces"})


class UnusablePhotograph(Refused):
    """What was sent is empty, too large, damaged, or no image that the service reads."""

    codes = frozenset(
        {"file-empty", "image-too-large", "image-too-many-pixels", "image-unreadable", "invalid-file-format"}
    )


class NoneEnrolled(Refused):
    """Each photograph of several was refused."""

    codes = frozenset({"no-face-enrolled"})


class NotFound(Refused):
    """There is no such thing."""


class Conflict(Refused):
    """What was asked for does not fit what is there, such as a name that is taken."""


class Changed(Conflict):
    """Somebody else changed the thing after it was read; read it again."""

    codes = frozenset({"precondition-failed"})


class Outage(ProblemError):
    """The service's fault: nothing is lost, and the same request may succeed later."""


class Unavailable(Outage):
    """A part of the service is away or does not answer in time."""


class Busy(Unavailable):
    """There is more to do than can be done now."""

    codes = frozenset({"database-busy", "directory-busy", "gateway-busy", "vectorizer-busy"})


_BY_CODE = {
    code: kind
    for kind in (NoFace, SeveralFaces, UnusablePhotograph, NoneEnrolled, Changed, Busy)
    for code in kind.codes
}
_BY_STATUS: dict[int, type[ProblemError]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.SERVICE_UNAVAILABLE: Unavailable,
    HTTPStatus.GATEWAY_TIMEOUT: Unavailable,
}


def problem(sentence: str, code: str, status: int, request_id: str | None) -> ProblemError:
    """Return the error of the narrowest class that fits, also for a code that is newer than this client."""
    wide = Outage if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Refused
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status, wide)
    return kind(sentence, code, status, request_id)
