"""What both clients send, and what they make of an attempt: the result, an error, or another one after a pause."""

import random
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import httpx

from faceserver.call import Archive, Call, T
from faceserver.errors import FaceserverError, ProblemError, UnexpectedAnswer, Unreachable, problem
from faceserver.photographs import Photograph, load

Outcome = httpx.Response | httpx.RequestError

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 4.0
_JITTER = 0.25
"""Pauses are up to so much longer, by chance, lest all who were turned away come back at once."""

_NO_ANSWER = (httpx.NetworkError, httpx.RemoteProtocolError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""What is worth another attempt. An answer that came too late is not: it would be asked to work twice."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

_LATER = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.CONFLICT)
"""With Retry-After: there is too much to do, or an attempt with this key, of which nobody heard, still goes on."""


def prepared(call: Call[T], http: httpx.Client | httpx.AsyncClient, url: str, files: ExitStack) -> httpx.Request:
    """Return the request to the service at `url`, once for all attempts. What it reads from closes with `files`.

    It is whole, but for archives: in the pieces of a form that httpx would send one by one, an upload costs three
    times as much. Raises what `photographs.load` raises.
    """
    request = http.build_request(
        call.method,
        url + call.path,
        params={name: _text(value) for name, value in call.query.items()} or None,
        data={name: _text(value) for name, value in call.fields.items()},
        files=[(name, _part(file, files)) for name, file in call.files] or None,
        json=call.json,
        headers=_headers(call),
    )
    if not any(isinstance(file, Archive) for _, file in call.files):
        request.read()
    return request


def _headers(call: Call[T]) -> dict[str, str]:
    headers = {"Idempotency-Key": str(uuid.uuid4())} if call.creates else {}
    return headers if call.if_match is None else {**headers, "If-Match": f'"{call.if_match}"'}


def _part(file: Photograph | Archive, files: ExitStack) -> tuple[str, bytes | BinaryIO]:
    if isinstance(file, Archive):
        return file.path.name, files.enter_context(file.path.open("rb"))
    return load(file)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that is at `path` once all of it was written, and nowhere if that fails. Raises OSError."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


class Patience:
    """How long a call goes on trying.

    One that the service would refuse the second time is repeated only if the first cannot have come to it.
    """

    def __init__(self, seconds: float, call: Call[T]) -> None:
        self._harmless = _NEVER_SENT if call.once or call.if_match is not None else _NO_ANSWER
        self._end = time.monotonic() + seconds
        self._pause = _FIRST_PAUSE_SECONDS

    def pause_after(self, outcome: Outcome) -> float | None:
        """Return the seconds until another attempt, None where the outcome stands."""
        if not self._is_worth_another(outcome):
            return None
        asked = float(outcome.headers["Retry-After"]) if isinstance(outcome, httpx.Response) else 0.0
        pause = max(self._pause, asked) * random.uniform(1, 1 + _JITTER)  # noqa: S311 - no secret
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        return pause if time.monotonic() + pause < self._end else None

    def _is_worth_another(self, outcome: Outcome) -> bool:
        if isinstance(outcome, httpx.RequestError):
            return isinstance(outcome, self._harmless)
        later = outcome.headers.get("Retry-After", "")  # a date is possible too; this service sends none
        return outcome.status_code in _LATER and later.isascii() and later.isdigit()


def result(call: Call[T], outcome: Outcome, url: str) -> T:
    """Return what the call asked for, of the service at `url`, or raise a FaceserverError."""
    if isinstance(outcome, httpx.RequestError):
        reason = str(outcome) or type(outcome).__name__
        raise Unreachable(f"There is no answer from {url} ({reason}).") from outcome
    if not outcome.is_success:
        raise _error(outcome)
    try:
        return call.read(b"" if call.into else outcome.content)
    except ValueError as error:
        raise UnexpectedAnswer(f"{outcome.url} answered something else than this client expects.") from error


def _error(response: httpx.Response) -> FaceserverError:
    """Return the problem that an answer names, in either of the forms that the service has."""
    try:
        return _problem(response)
    except (ValueError, TypeError, KeyError):
        return UnexpectedAnswer(f"{response.url} answered {response.status_code} {response.reason_phrase}.")


def _problem(response: httpx.Response) -> ProblemError:
    body = response.json()
    sentence = body["detail"] if "detail" in body else body["status"]
    return problem(str(sentence), str(body["code"]), response.status_code, body.get("request_id"))
