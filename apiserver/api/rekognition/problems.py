"""Problems by the names that clients of Amazon Rekognition know, and that tell them whether to try again."""

from collections.abc import Sequence

from asgi_correlation_id import correlation_id
from fastapi import Request

from apiserver import problems
from apiserver.problems import InternalError, InvalidField, Outage, Problem

TARGET = "x-amz-target"

MEDIA_TYPE = "application/x-amz-json-1.1"


class TokenOfAnotherList(
    InvalidField, code="invalid-field", sentence="NextToken: it must be that of the page before, of the same list."
):
    """A pagination token that was changed, or is of another list."""


class UserExists(problems.PersonExists, code="person-exists", status=409, sentence="The user exists already."):
    """A user to create whose id is in use."""


# The first one that a problem is an instance of; subclasses come before what they are made of.
_NAMES: Sequence[tuple[tuple[type[Problem], ...], str, int]] = (
    ((TokenOfAnotherList,), "InvalidPaginationTokenException", 400),
    ((problems.KeyMissing,), "MissingAuthenticationTokenException", 400),
    ((problems.SignatureInvalid,), "InvalidSignatureException", 400),
    ((problems.KeyInvalid, problems.SessionEnded, problems.TokenExpired), "UnrecognizedClientException", 400),
    ((problems.TooManyDirectories,), "ServiceQuotaExceededException", 400),
    ((problems.QuotaSpent,), "ProvisionedThroughputExceededException", 400),
    (
        (
            problems.TooManyRequests,
            problems.TooManyAttempts,
            problems.TooManyConnections,
            problems.GatewayBusy,
            problems.VectorizerBusy,
        ),
        "ThrottlingException",
        500,
    ),
    (
        (
            problems.ScopeMissing,
            problems.TokenWithoutRights,
            problems.ConsentMissing,
            problems.OriginNotAllowed,
            problems.CsrfTokenWrong,
            problems.HostNotAccepted,
        ),
        "AccessDeniedException",
        400,
    ),
    ((problems.NotFound,), "UnknownOperationException", 400),
    ((problems.InvalidJson,), "SerializationException", 400),
    ((problems.DirectoryNotFound, problems.PersonNotFound), "ResourceNotFoundException", 400),
    ((problems.AlreadyExists,), "ResourceAlreadyExistsException", 400),
    ((UserExists,), "ConflictException", 400),
    ((problems.ImageTooLarge, problems.ImageTooManyPixels), "ImageTooLargeException", 400),
    ((problems.ObjectNotFound,), "InvalidS3ObjectException", 400),
    (
        (problems.InvalidFileFormat, problems.ImageUnreadable, problems.ImageTooCostly, problems.FileEmpty),
        "InvalidImageFormatException",
        400,
    ),
    ((problems.UploadTimeout, problems.RequestTimeout), "RequestTimeoutException", 408),
    ((Outage, InternalError), "InternalServerError", 500),
)
_OTHER = ("InvalidParameterException", 400)


def name_of(problem: Problem) -> tuple[str, int]:
    """Return the name of a problem and its status."""
    return next(((name, status) for kinds, name, status in _NAMES if isinstance(problem, kinds)), _OTHER)


def foreign_problem(request: Request, problem: Problem) -> tuple[int, dict[str, object], dict[str, str]] | None:
    """Return a problem as clients of Amazon Rekognition read it; None for requests of others."""
    if request.scope["path"] != "/" or request.method != "POST":
        return None
    name, status = name_of(problem)
    request_id = correlation_id.get() or ""
    body: dict[str, object] = {"__type": name, "Code": name, "Logref": request_id, "Message": problem.sentence}
    return status, body, {"content-type": MEDIA_TYPE, "x-amzn-requestid": request_id, "x-amzn-errortype": name}
