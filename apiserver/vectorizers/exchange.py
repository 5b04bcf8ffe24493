"""One HTTP exchange with a vectorizer, with aiohttp's errors translated into problems."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from typing import Any, Generic, TypeVar

import aiohttp
from asgi_correlation_id import correlation_id
from pydantic import SecretStr

from apiserver.problems import Problem, VectorizerTimeout, VectorizerUnavailable
from apiserver.vectorizers.wire import read_problem

PROBLEM_OF_ERROR: dict[type[Exception], type[Problem]] = {
    TimeoutError: VectorizerTimeout,  # includes aiohttp's own
    aiohttp.ClientError: VectorizerUnavailable,
    OSError: VectorizerUnavailable,
}

_CONNECT_TIMEOUT_SECONDS = 2
# Shorter than any server keeps an idle connection, so that none is reused at the moment the server closes it.
_KEEPALIVE_SECONDS = 2

_NOT_ACCEPTED = (
    "The certificate of the vectorizer is not accepted; see APISERVER_VECTORIZER_CA_FILE and the name in its URL"
)
_ENDED = (
    "The vectorizer ended the TLS connection. It does so if it stops, and if it does not accept the certificate in "
    "APISERVER_VECTORIZER_CERTIFICATE_FILE."
)

LOST_SECONDS = 3
"""A host that acknowledged nothing for this long is lost."""

_OPTIONS = {
    "TCP_KEEPIDLE": 1,  # a connection that waits for an answer is idle, so keepalive probes check it
    "TCP_KEEPINTVL": 1,
    "TCP_KEEPCNT": LOST_SECONDS - 1,
    "TCP_USER_TIMEOUT": 1000 * LOST_SECONDS,
}

TraceConfig = aiohttp.TraceConfig
"""Hooks for the start and end of every call."""

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
    """Pooled connections to the vectorizers."""

    def __init__(self, session: aiohttp.ClientSession, access: Access | None = None) -> None:
        self._session = session
        self._access = access or Access()

    async def exchange(self, url: str, call: Call[T], deadline: float) -> T:
        """Return the answer of the vectorizer at `url`, before `deadline` on the clock of `time.monotonic`.

        Raises the problem that it reports, VectorizerTimeout or VectorizerUnavailable.
        """
        seconds = max(0.0, deadline - time.monotonic())
        headers = {
            "X-Deadline-Ms": str(round(1000 * seconds)),
            # Sent without a secret too: the vectorizer's health then says that one is missing.
            "Authorization": f"Bearer {self._access.secret.get_secret_value()}".rstrip(),
        }
        if request_id := correlation_id.get():
            headers["X-Request-ID"] = request_id
        content = None if call.content is None else BytesIO(call.content)
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.request(
                    call.method,
                    url + call.path,
                    data=content,
                    headers=headers,
                    ssl=self._access.tls or True,
                    server_hostname=self._access.names.get(url),
                    allow_redirects=False,
                ) as response,
            ):
                body = await response.read()
        except tuple(PROBLEM_OF_ERROR) as error:
            raise translated(error, encrypted=url.startswith("https:")) from error
        if response.status != HTTPStatus.OK:
            raise read_problem(response.status, body)
        return call.read(body)


@asynccontextmanager
async def open_http(
    trace_configs: Sequence[TraceConfig] = (), access: Access | None = None
) -> AsyncIterator[VectorizerHttp]:
    """Yield the connections to vectorizers; they are opened on first use."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE_SECONDS, socket_factory=open_socket)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        trace_configs=list(trace_configs),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
    ) as session:
        yield VectorizerHttp(session, access)


def open_socket(address: tuple[int, int, int, str, Any]) -> socket.socket:
    """Return a socket for an address from `getaddrinfo` that detects when the other host disappears.

    The kernel of a host acknowledges packets however busy its processes are, so missing acknowledgements mean that
    its network is cut, or that it lost power. Otherwise a request in flight would wait for its whole timeout.
    """
    family, kind, protocol, *_ = address
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS.items():
        if (option := getattr(socket, name, None)) is not None:  # not all systems have all options
            opened.setsockopt(socket.IPPROTO_TCP, option, value)
    return opened


def translated(error: BaseException, *, encrypted: bool = False) -> Problem:
    """Return the problem for an error of aiohttp or of the socket below it. encrypted: of a TLS connection."""
    problem = next(problem for kind, problem in PROBLEM_OF_ERROR.items() if isinstance(error, kind))
    sentence = _tls_sentence(error) if encrypted else None
    return problem(sentence) if sentence else problem()


def _tls_sentence(error: BaseException) -> str | None:
    """Return what is wrong with TLS, without the addresses and names in OpenSSL's texts, which clients are not told."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        reason = getattr(error.certificate_error, "verify_message", "").partition(",")[0]
        return f"{_NOT_ACCEPTED} ({reason or 'not valid'})."
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return "The vectorizer does not speak TLS as this gateway does; see VECTORIZER_TLS_CERTIFICATE_FILE."
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError) and not isinstance(
        error, aiohttp.ClientConnectorError
    ):
        return _ENDED
    return None


def is_unreachable(problem: Problem) -> bool:
    """Tell whether connecting timed out."""
    return isinstance(problem.__cause__, aiohttp.ServerTimeoutError)


def was_cut(problem: Problem) -> bool:
    """Tell whether an established connection was closed, perhaps because the replica had kept it idle too long."""
    cause = problem.__cause__
    return isinstance(cause, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError) and not isinstance(
        cause, aiohttp.ClientConnectorError | TimeoutError
    )
