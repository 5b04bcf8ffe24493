"""Prepared requests, each with a new photograph whenever it is sent."""

from collections.abc import Iterator, Sequence
from itertools import count, cycle
from pathlib import Path
from uuid import uuid4

from bench.photographs.folder import by_person, find_photographs

BOUNDARY = b"photograph-8d1f0c5b7a"

_RUN = uuid4().hex.encode()
_SERIAL = count()


class Upload:
    """A multipart form with one photograph.

    After the last byte of the photograph, which decoders ignore, each message has a unique number: the service
    then stores a new image every time, as it does for its clients, and not one image a thousand times.
    """

    def __init__(self, path: str, image: bytes, *, key: str | None = None, headers: str = "", **fields: str) -> None:
        """headers: further lines, each with its end."""
        text = b"".join(_part(name, value.encode()) for name, value in fields.items())
        body = text + _part("file", image, b'; filename="photograph.jpg"').removesuffix(b"\r\n")
        self._tail = b"\r\n--" + BOUNDARY + b"--\r\n"
        length = len(body) + len(_stamp()) + len(self._tail)
        self._head = _request_head(path, length, headers + (f"Authorization: Bearer {key}\r\n" if key else "")) + body

    def message(self) -> bytes:
        """Return the request as it goes over the wire."""
        return b"".join((self._head, _stamp(), self._tail))


def recognitions(images: Sequence[bytes]) -> Iterator[Upload]:
    """Yield uploads that recognize each of `images`, in an endless cycle."""
    return cycle([Upload("/recognize", image) for image in images])


def enrolments(folder: Path, people: int, *, key: str | None = None) -> list[Upload]:
    """Return uploads that learn one photograph of each of the first `people` persons with a sub-folder of `folder`."""
    persons = list(by_person(find_photographs(folder)).items())[:people]
    return [
        Upload("/learn", photographs[0].path.read_bytes(), key=key, person=person, face="center")
        for person, photographs in persons
    ]


def _request_head(path: str, length: int, headers: str) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Length: {length}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY.decode()}\r\n\r\n"
    ).encode()


def _part(name: str, content: bytes, parameters: bytes = b"") -> bytes:
    disposition = b'Content-Disposition: form-data; name="' + name.encode() + b'"' + parameters
    return b"--" + BOUNDARY + b"\r\n" + disposition + b"\r\n\r\n" + content + b"\r\n"


def _stamp() -> bytes:
    return b"%s%012d" % (_RUN, next(_SERIAL))
