"""What both clients share: building a request, repeating it after a pause, and reading its result or error."""

import random
import ssl
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import httpx

from faceserver.client.call import Archive, Call, T
from faceserver.client.photographs import Photograph, load
from faceserver.errors import FaceserverError, ProblemError, UnexpectedAnswer, Unreachable, problem
from faceserver.file_names import shown

Outcome = httpx.Response | httpx.RequestError

_FIRST_PAUSE_SECONDS = 0.1
_MAX_PAUSE_SECONDS = 4.0
_JITTER = 0.25
"""Pauses are randomly up to this share longer, so that rejected clients do not all return at once."""

_NO_ANSWER = (httpx.NetworkError, httpx.RemoteProtocolError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Errors worth another attempt. A late answer is not: the service would have to do the work twice."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

_REQUEST_ID = "X-Request-ID"
_ID_PREFIX = "client-"
"""Begins the ids made here. Ids that the user sets as a header may be the same for all requests."""

_LATER = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.CONFLICT)
"""With Retry-After: the service is busy, the key has used up a limit, or an earlier attempt is still in progress."""


def build_request(
    call: Call[T], http: httpx.Client | httpx.AsyncClient, url: str, files: ExitStack, key: str | None = None
) -> httpx.Request:
    """Return the request to the service at `url`, to be used for all attempts. Files it reads are closed with `files`.

    A key is in Authorization, which httpx removes where a redirect leads to another host or away from https.

    Without archives, the body is assembled in memory: httpx would send the parts of a form one by one, which makes an
    upload three times as expensive. Raises what `photographs.load` raises.
    """
    request = http.build_request(
        call.method,
        url + call.path,
        params={name: _text(value) for name, value in call.query.items()} or None,
        data={name: _text(value) for name, value in call.fields.items()},
        files=[(name, _part(file, files)) for name, file in call.files] or None,
        json=call.json,
        headers=_headers(call, http) | ({} if key is None else {"Authorization": f"Bearer {key}"}),
    )
    if not any(isinstance(file, Archive) for _, file in call.files):
        request.read()
    return request


def _headers(call: Call[T], http: httpx.Client | httpx.AsyncClient) -> dict[str, str]:
    headers = {} if _REQUEST_ID in http.headers else {_REQUEST_ID: f"{_ID_PREFIX}{uuid.uuid4().hex}"}
    if call.creates:
        headers["Idempotency-Key"] = str(uuid.uuid4())
    if call.if_match is not None:
        headers["If-Match"] = f'"{call.if_match}"'
    if call.if_absent:
        headers["If-None-Match"] = "*"
    return headers


def _part(file: Photograph | Archive, files: ExitStack) -> tuple[str, bytes | BinaryIO]:
    if isinstance(file, Archive):
        return shown(file.path.name), files.enter_context(file.path.open("rb"))
    return load(file)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextmanager
def written_atomically(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that appears at `path` once it is complete, or not at all. Raises OSError."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


class Patience:
    """Decides whether and when a call is repeated.

    A call that the service would refuse the second time is repeated only if the first attempt cannot have arrived.
    """

    def __init__(self, seconds: float, call: Call[T]) -> None:
        refused_again = call.once or call.if_absent or call.if_match is not None
        self._repeatable = _NEVER_SENT if refused_again else _NO_ANSWER
        self._end = time.monotonic() + seconds
        self._pause = _FIRST_PAUSE_SECONDS

    def pause_after(self, outcome: Outcome) -> float | None:
        """Return the seconds until another attempt, None if the outcome is final."""
        if not self._is_repeatable(outcome):
            return None
        requested = float(outcome.headers["Retry-After"]) if isinstance(outcome, httpx.Response) else 0.0
        pause = max(self._pause, requested) * random.uniform(1, 1 + _JITTER)  # noqa: S311 - not a secret
        self._pause = min(2 * self._pause, _MAX_PAUSE_SECONDS)
        return pause if time.monotonic() + pause < self._end else None

    def _is_repeatable(self, outcome: Outcome) -> bool:
        if isinstance(outcome, httpx.RequestError):
            return isinstance(outcome, self._repeatable) and certificate_fault(outcome) is None
        retry_after = outcome.headers.get("Retry-After", "")  # could be a date, which this service never sends
        return outcome.status_code in _LATER and retry_after.isascii() and retry_after.isdigit()


def is_misdirected(response: httpx.Response) -> bool:
    """Tell whether the answer belongs to another request, as when two processes share a connection."""
    sent = response.request.headers.get(_REQUEST_ID, "")
    received = response.headers.get_list(
        _REQUEST_ID, split_commas=True
    )  # none from a proxy, two from one that adds its own
    return sent.startswith(_ID_PREFIX) and bool(received) and sent not in received


def certificate_fault(error: BaseException | None) -> str | None:
    """Return why the certificate of a service was not accepted, None if something else went wrong."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return None if error is None else error.verify_message or str(error)


def read_result(call: Call[T], outcome: Outcome, url: str) -> T:
    """Return the result of a call to the service at `url`. Raises FaceserverError."""
    if isinstance(outcome, httpx.RequestError):
        if fault := certificate_fault(outcome):
            raise Unreachable(
                f"The certificate of {url} is not accepted: {fault.rstrip('.')}. If its authority is your own, name "
                "the file with its certificate: ca_file, or FACESERVER_CA_FILE for commands."
            ) from outcome
        reason = str(outcome) or type(outcome).__name__
        raise Unreachable(f"The service at {url} does not answer ({reason}).") from outcome
    if is_misdirected(outcome):
        raise UnexpectedAnswer(
            f"The answer of {outcome.url} belongs to another request: its {_REQUEST_ID} is not the one sent. "
            f"A proxy on the way must not replace the client's {_REQUEST_ID}."
        )
    if not outcome.is_success:
        raise _error(outcome)
    try:
        return call.read(b"" if call.into else outcome.content)
    except ValueError as error:
        raise UnexpectedAnswer(f"The answer of {outcome.url} is not what this client expects.") from error


def _error(response: httpx.Response) -> FaceserverError:
    """Return the problem that an answer describes, in either of the service's formats."""
    try:
        return _problem(response)
    except (ValueError, TypeError, KeyError):
        return UnexpectedAnswer(f"{response.url} answered {response.status_code} {response.reason_phrase}.")


def _problem(response: httpx.Response) -> ProblemError:
    body = response.json()
    sentence = body["detail"] if "detail" in body else body["status"]
    return problem(str(sentence), str(body["code"]), response.status_code, body.get("request_id"))
