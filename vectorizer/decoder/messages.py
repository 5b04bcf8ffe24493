"""What the service and its decoders say to each other: short MessagePack arrays, each after its length.

A decoder may have been taken over by a picture, so all that comes from one is checked; nothing is unpickled.
"""

import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import msgpack

from vectorizer.decoding.budget import LargePictureError, Limits
from vectorizer.decoding.picture import MEDIA_TYPES
from vectorizer.problems import (
    ImageMissing,
    ImageTooCostly,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
    InvalidFileFormat,
    Refused,
)

DECODE, IN_FULL, FORGET = "decode", "in-full", "forget"
LARGE = "large"

_LENGTH = struct.Struct("<I")
_TIME = struct.Struct("@ll")
_MAX_LENGTH = 8192
_MIN_SECONDS = 0.001
_MAX_SENTENCE = 1000
_REDUCTIONS = frozenset({1, 2, 4, 8})

_PROBLEMS: dict[str, type[Refused]] = {
    problem.code: problem
    for problem in (
        ImageMissing, ImageTooCostly, ImageTooLarge, ImageTooManyPixels, ImageUnreadable, InvalidFileFormat
    )
}  # fmt: skip
"""What decoding raises, by code."""


class MalformedError(Exception):
    """A message that no decoder sends."""


class ClosedError(Exception):
    """The other side has closed the connection."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a decoder says of an image.

    rows, columns: of the pixels that it wrote. width, height: of the image in full.
    """

    rows: int
    columns: int
    width: int
    height: int
    extension: str
    reduction: int

    def pack(self) -> list[Any]:
        """Return what `header_from` reads."""
        return ["image", self.rows, self.columns, self.width, self.height, self.extension, self.reduction]


def problem_message(problem: Refused) -> list[Any]:
    """Return what `header_from` raises."""
    return ["problem", problem.code, problem.sentence[:_MAX_SENTENCE]]


def header_from(message: object, limits: Limits) -> Header:
    """Return what a decoder says of an image, within `limits`.

    Raises the problem that it reports; LargePictureError if they exclude large images; or MalformedError.
    """
    match message:
        case ["problem", str(code), str(sentence)] if code in _PROBLEMS and len(sentence) <= _MAX_SENTENCE:
            raise _restored(_PROBLEMS[code], sentence)
        case [str(kind)] if kind == LARGE and not limits.large:
            raise LargePictureError
        case ["image", int(rows), int(columns), int(width), int(height), str(extension), int(reduction)]:
            header = Header(rows, columns, width, height, extension, reduction)
            if _is_consistent(header, limits):
                return header
    raise MalformedError


def _restored(kind: type[Refused], sentence: str) -> Refused:
    problem = kind.__new__(kind)
    Refused.__init__(problem, sentence)
    return problem


def _is_consistent(header: Header, limits: Limits) -> bool:
    return (
        header.extension in MEDIA_TYPES
        and header.reduction in _REDUCTIONS
        and 0 < header.width * header.height <= limits.max_pixels
        and 0 < header.width <= limits.max_side
        and header.height <= limits.max_side
        and _is_reduced(header.rows, header.height, header.reduction)
        and _is_reduced(header.columns, header.width, header.reduction)
    )


def _is_reduced(side: int, full: int, reduction: int) -> bool:
    return side > 0 and full <= side * reduction < full + reduction


def send(connection: socket.socket, message: list[Any]) -> None:
    """Send a message. Raises ClosedError."""
    packed = msgpack.packb(message)
    try:
        connection.sendall(_LENGTH.pack(len(packed)) + packed)
    except OSError as error:
        raise ClosedError from error


def limit_waiting(connection: socket.socket, seconds: float) -> None:
    """Let `receive` call its `idle` after so long. A decoder cannot: it may neither set this nor call `poll`."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIME.pack(*divmod(round(1e6 * seconds), 1_000_000)))


def receive(connection: socket.socket, seconds: float = inf, idle: Callable[[], object] = lambda: None) -> Any:  # noqa: ANN401 - whatever the other side says
    """Return a message. Raises ClosedError, or MalformedError, also if it is not whole after `seconds`.

    idle: called each time that none has come, see `limit_waiting`.
    """
    deadline = time.monotonic() + seconds
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size, deadline, idle))
    if length > _MAX_LENGTH:
        raise MalformedError
    try:
        return msgpack.unpackb(_exactly(connection, length, deadline, idle))
    except (ValueError, msgpack.UnpackException) as error:
        raise MalformedError from error


def _exactly(connection: socket.socket, length: int, deadline: float, idle: Callable[[], object]) -> bytes:
    data = b""
    while len(data) < length:
        try:
            if deadline < inf:  # a decoder may not even set it
                connection.settimeout(max(deadline - time.monotonic(), _MIN_SECONDS))
            chunk = connection.recv(length - len(data))
        except BlockingIOError:
            idle()
            continue
        except TimeoutError as error:
            raise MalformedError from error
        except OSError as error:
            raise ClosedError from error
        if not chunk:
            raise ClosedError
        data += chunk
    return data
