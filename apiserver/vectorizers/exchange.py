"""One HTTP exchange with a vectorizer, with the errors of its connection translated into problems."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from asgi_correlation_id import correlation_id
from pydantic import SecretStr

from apiserver.problems import Problem, VectorizerTimeout, VectorizerUnavailable
from apiserver.vectorizers.connections import Answer, Connections, ConnectTimeout, Cut
from apiserver.vectorizers.wire import read_problem

PROBLEM_OF_ERROR: dict[type[Exception], type[Problem]] = {
    TimeoutError: VectorizerTimeout,
    OSError: VectorizerUnavailable,
}

_NOT_ACCEPTED = (
    "The certificate of the vectorizer is not accepted; see APISERVER_VECTORIZER_CA_FILE and the name in its URL"
)
_ENDED = (
    "The vectorizer ended the TLS connection. It does so if it stops, and if it does not accept the certificate in "
    "APISERVER_VECTORIZER_CERTIFICATE_FILE."
)

Noting = Callable[[int], None]
"""Called with the status of the answer to a call."""

TracedHop = Callable[[str, str, dict[str, str]], AbstractContextManager[Noting]]
"""A span around a call, given its method, its URL, and its headers, to which it may add."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request to a vectorizer and the parser of its answer."""

    method: str
    path: str
    read: Callable[[bytes], T]
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """How the gateway shows that it may use the vectorizers, and how it knows them.

    names: the host name of each URL of an address, which the certificate there must have. Filled by the lookups.
    """

    secret: SecretStr = field(default_factory=lambda: SecretStr(""))
    tls: ssl.SSLContext | None = None
    names: dict[str, str] = field(default_factory=dict)


class VectorizerHttp:
    """Exchanges with the vectorizers."""

    def __init__(self, connections: Connections, access: Access, traced_hop: TracedHop | None = None) -> None:
        self._connections = connections
        self._access = access
        self._traced_hop = traced_hop or (lambda *_: nullcontext(lambda _: None))
        # Sent without a secret too: the vectorizer's health then says that one is missing.
        self._authorization = f"Bearer {access.secret.get_secret_value()}".rstrip()

    async def exchange(self, url: str, call: Call[T], deadline: float) -> T:
        """Return the answer of the vectorizer at `url`, before `deadline` on the clock of `time.monotonic`.

        Raises the problem that it reports, VectorizerTimeout or VectorizerUnavailable.
        """
        seconds = max(0.0, deadline - time.monotonic())
        headers = {
            "Host": urlsplit(url).netloc,
            "X-Deadline-Ms": str(round(1000 * seconds)),
            "Authorization": self._authorization,
            "Content-Length": str(len(call.content or b"")),
        }
        if request_id := correlation_id.get():
            headers["X-Request-ID"] = request_id
        try:
            async with asyncio.timeout(seconds):
                answer = await self._ask(url, call, headers)
        except tuple(PROBLEM_OF_ERROR) as error:
            raise translated(error, encrypted=url.startswith("https:")) from error
        if answer.status != HTTPStatus.OK:
            raise read_problem(answer.status, answer.body)
        return call.read(answer.body)

    async def _ask(self, url: str, call: Call[T], headers: dict[str, str]) -> Answer:
        with self._traced_hop(call.method, url + call.path, headers) as note:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            head = f"{call.method} {call.path} HTTP/1.1\r\n{lines}\r\n".encode()
            answer = await self._connections.ask(url, head, call.content or b"", self._access.names.get(url))
            note(answer.status)
            return answer


@asynccontextmanager
async def open_http(access: Access | None = None, traced_hop: TracedHop | None = None) -> AsyncIterator[VectorizerHttp]:
    """Yield the exchanges with vectorizers; connections are opened on first use."""
    access = access or Access()
    connections = Connections(access.tls)
    try:
        yield VectorizerHttp(connections, access, traced_hop)
    finally:
        connections.close()


def translated(error: BaseException, *, encrypted: bool = False) -> Problem:
    """Return the problem for an error of a connection. encrypted: of a TLS connection."""
    problem = next(problem for kind, problem in PROBLEM_OF_ERROR.items() if isinstance(error, kind))
    sentence = _tls_sentence(error) if encrypted else None
    return problem(sentence) if sentence else problem()


def _tls_sentence(error: BaseException) -> str | None:
    """Return what is wrong with TLS, without the addresses and names in OpenSSL's texts, which clients are not told."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message.partition(",")[0]
        return f"{_NOT_ACCEPTED} ({reason or 'not valid'})."
    if isinstance(error, ssl.SSLError):
        return "The vectorizer does not speak TLS as this gateway does; see VECTORIZER_TLS_CERTIFICATE_FILE."
    return _ENDED if isinstance(error, Cut) else None


def is_unreachable(problem: Problem) -> bool:
    """Tell whether connecting timed out."""
    return isinstance(problem.__cause__, ConnectTimeout)


def was_cut(problem: Problem) -> bool:
    """Tell whether an established connection was closed, perhaps because the replica had kept it idle too long."""
    return isinstance(problem.__cause__, Cut)
