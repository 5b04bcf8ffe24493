"""The base of the problems of all services, and the problems that every service reports."""

from typing import ClassVar


class Problem(Exception):
    """A failure that is reported to the client (RFC 9457); pass `sentence` to be more precise than the default."""

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
    """A request that the client must change before it sends it again."""


class NotFound(Refused, code="not-found", status=404, sentence="This path does not exist."):
    """An unknown path."""


class MethodNotAllowed(
    Refused, code="method-not-allowed", status=405, sentence="This path does not support this method."
):
    """A method that the path does not support."""


class Outage(Problem, status=503):
    """A failure after which the same request may succeed later."""

    retry_after_seconds: ClassVar[int] = 1


class InternalError(
    Problem, code="internal-error", status=500, sentence="The service failed because of an internal error."
):
    """A defect of the service."""
