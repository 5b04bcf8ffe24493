"""Problems as clients of CompreFace know them: `{"message": …, "code": …}` with the codes of its documentation."""

import re
from collections.abc import Mapping
from enum import IntEnum
from http import HTTPStatus
from typing import NamedTuple

from fastapi import Request

from apiserver.keys.uuid_keys import PREFIX
from apiserver.problems import (
    AlreadyExists,
    CsrfTokenWrong,
    DirectoryNotFound,
    FaceNotFound,
    FileEmpty,
    FileMissing,
    FileNotFound,
    ImageTooCostly,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
    InternalError,
    InvalidEmbedding,
    InvalidFileFormat,
    KeyInvalid,
    KeyMissing,
    MethodNotAllowed,
    NoFace,
    NotFound,
    OriginNotAllowed,
    PersonExists,
    PersonNotFound,
    PoorQuality,
    Problem,
    Refused,
    ScopeMissing,
    SessionEnded,
    SeveralFaces,
    TokenExpired,
    TokenWithoutRights,
    Unrecognizable,
    UnsupportedMediaType,
    VectorizerBusy,
    VectorizerFailed,
    VectorizerTimeout,
    VectorizerUnavailable,
)


class Code(IntEnum):
    """The codes of CompreFace that are used here."""

    OTHER = 0
    KEY_UNKNOWN = 10
    IMAGE_NOT_FOUND = 11
    HEADER_MISSING = 20
    FILE_UNUSABLE = 21
    INVALID = 26
    NO_FACE = 28
    SEVERAL_FACES = 31
    PARAMETER_MISSING = 33
    PART_MISSING = 34
    WRONG_TYPE = 36
    WRONG_EMBEDDING = 37
    CORE_FAILED = 41
    SUBJECT_NOT_FOUND = 42
    SUBJECT_EXISTS = 43
    IMAGE_ID_UNKNOWN = 44


class Coded(Refused, code="invalid-field", sentence="The request is not valid."):
    """A refusal with a code that no other problem has."""

    def __init__(self, number: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.number = number


class _Form(NamedTuple):
    """How a problem is reported. message: None for its own sentence."""

    status: int
    code: Code
    message: str | None = None


_UNKNOWN_KEY = _Form(404, Code.KEY_UNKNOWN)
_NO_KEY = _Form(400, Code.HEADER_MISSING, "Missing header: x-api-key")
_FORBIDDEN = _Form(403, Code.KEY_UNKNOWN)
_CORE = _Form(500, Code.CORE_FAILED)
_BAD_FILE = _Form(400, Code.FILE_UNUSABLE)
_LARGE_FILE = _Form(413, Code.FILE_UNUSABLE)
_FACE_UNUSABLE = _Form(400, Code.NO_FACE)

_FORMS: Mapping[type[Problem], _Form] = {
    **dict.fromkeys((KeyMissing, SessionEnded), _NO_KEY),
    **dict.fromkeys((KeyInvalid, TokenExpired, DirectoryNotFound), _UNKNOWN_KEY),
    **dict.fromkeys((ScopeMissing, TokenWithoutRights, CsrfTokenWrong, OriginNotAllowed), _FORBIDDEN),
    **dict.fromkeys((NotFound, MethodNotAllowed), _Form(404, Code.OTHER)),
    **dict.fromkeys((FileEmpty, InvalidFileFormat, ImageUnreadable, ImageTooCostly), _BAD_FILE),
    **dict.fromkeys((ImageTooLarge, ImageTooManyPixels), _LARGE_FILE),
    **dict.fromkeys((Unrecognizable, PoorQuality), _FACE_UNUSABLE),
    **dict.fromkeys((PersonExists, AlreadyExists), _Form(400, Code.SUBJECT_EXISTS, "Subject already exists")),
    **dict.fromkeys((VectorizerBusy, VectorizerFailed, VectorizerTimeout, VectorizerUnavailable), _CORE),
    FileMissing: _Form(400, Code.PART_MISSING),
    FileNotFound: _Form(404, Code.IMAGE_NOT_FOUND),
    NoFace: _Form(400, Code.NO_FACE, "No face is found in the given image"),
    SeveralFaces: _Form(400, Code.SEVERAL_FACES, "More than one face in the given image"),
    InvalidEmbedding: _Form(400, Code.WRONG_EMBEDDING),
    PersonNotFound: _Form(404, Code.SUBJECT_NOT_FOUND),
    FaceNotFound: _Form(404, Code.IMAGE_ID_UNKNOWN),
    UnsupportedMediaType: _Form(400, Code.INVALID),
    InternalError: _Form(500, Code.OTHER, "Something went wrong, please try again"),
}

_INVALID_STATUSES = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT})
_TYPE = re.compile(rf"{PREFIX}(detection|verification)\b")
_MIN_KEY = 36
_MAX_SHOWN = 100


def foreign_problem(request: Request, problem: Problem) -> tuple[int, dict[str, object]] | None:
    """Return status and body of a problem of a call of CompreFace, None for other requests."""
    if not request.scope["path"].startswith(PREFIX):
        return None
    if isinstance(problem, Coded):
        return HTTPStatus.BAD_REQUEST, _body(problem.number, problem.sentence)
    form = next((_FORMS[kind] for kind in type(problem).__mro__ if kind in _FORMS), None)
    if form is _UNKNOWN_KEY:
        return _unknown_key(request)
    if form:
        return form.status, _body(form.code, form.message or problem.sentence)
    if problem.status in _INVALID_STATUSES:
        return HTTPStatus.BAD_REQUEST, _body(Code.INVALID, problem.sentence)
    return problem.status, _body(Code.OTHER, problem.sentence)


def _unknown_key(request: Request) -> tuple[int, dict[str, object]]:
    key = request.headers.get("x-api-key", "")
    if key and len(key) < _MIN_KEY:
        return HTTPStatus.BAD_REQUEST, _body(Code.INVALID, "Service API key should be UUID")
    found = _TYPE.match(request.scope["path"])
    kind = found[1].capitalize() if found else "Recognition"
    shown = key[:_MAX_SHOWN] if key.isprintable() else ascii(key[:_MAX_SHOWN])
    return HTTPStatus.NOT_FOUND, _body(Code.KEY_UNKNOWN, f"{kind} service with API Key {shown} not found")


def _body(code: Code, message: str) -> dict[str, object]:
    return {"message": message, "code": int(code)}
