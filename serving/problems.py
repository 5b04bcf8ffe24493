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


class MalformedRequest(Refused, code="malformed-request", sentence="The request is not valid HTTP/1.1."):
    """Bytes that are not a request, or one that could be taken for another."""


class RequestTimeout(
    Refused, code="request-timeout", status=408, sentence="The headers of the request did not arrive in time."
):
    """Headers that a client began to send and did not complete in time."""


class HeadersTooLarge(
    Refused, code="headers-too-large", status=431, sentence="The URL and headers are too long, or there are too many."
):
    """More than 64 KB of headers, or more than 100 of them."""


class Outage(Problem, status=503):
    """A failure after which the same request may succeed later."""

    retry_after_seconds: ClassVar[int] = 1


class TooManyConnections(
    Outage, code="too-many-connections", sentence="Too many connections are open; close some, or try again in a moment."
):
    """More connections than the limit, of all clients or of one address."""


class InternalError(
    Problem, code="internal-error", status=500, sentence="The service failed because of an internal error."
):
    """A defect of the service."""
