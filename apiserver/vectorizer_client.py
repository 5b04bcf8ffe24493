"""Speaks to the vectorizers, and is the only place that turns aiohttp's errors into problems."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import Generic, TypeVar

import aiohttp
from asgi_correlation_id import correlation_id

from apiserver.faces import Analysis, Model
from apiserver.problems import (
    Outage,
    Problem,
    Refused,
    VectorizerBusy,
    VectorizerFailed,
    VectorizerTimeout,
    VectorizerUnavailable,
)
from apiserver.replicas import Replica, Replicas
from apiserver.retry_budget import RetryBudget
from apiserver.sockets import open_socket
from apiserver.vectorizer_wire import read_analysis, read_json, read_model_in_use, read_problem

PROBLEM_OF_ERROR: dict[type[Exception], type[Problem]] = {
    TimeoutError: VectorizerTimeout,  # includes aiohttp's own
    aiohttp.ClientError: VectorizerUnavailable,
    OSError: VectorizerUnavailable,
}

_CONNECT_TIMEOUT_SECONDS = 2
_READY_TIMEOUT_SECONDS = 2
# Shorter than any server keeps an idle connection, so that none is reused in the moment the server closes it.
_KEEPALIVE_SECONDS = 2

_logger = logging.getLogger(__name__)

TraceConfig = aiohttp.TraceConfig
"""What is told of the beginning and end of every call."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Call(Generic[_T]):
    """What is asked of a vectorizer and how its answer is read."""

    method: str
    path: str
    read: Callable[[bytes], _T]
    content: bytes | None = None


_READY = _Call("GET", "/health/ready", bytes)
_MODELS = _Call("GET", "/models", read_json)
_FACES = {
    (False, False): "/faces",
    (False, True): "/faces?quality=true",
    (True, False): "/faces?crops=true",
    (True, True): "/faces?crops=true",
}
"""The path by whether crops and quality are wanted."""


class VectorizerClient:
    """The vectorizers as one: which of them does the work, and that one of them failed, callers do not see."""

    def __init__(self, http: aiohttp.ClientSession, replicas: Replicas, timeout_seconds: float) -> None:
        self.replicas = replicas
        self.attempts: Counter[str] = Counter()
        """Images sent to a vectorizer, by what became of them: `ok` or the code of a problem."""
        self._http = http
        self._timeout_seconds = timeout_seconds
        self._budget = RetryBudget()

    async def analyse(self, image: bytes, *, crops: bool, quality: bool = False) -> Analysis:
        """Return the faces of an encoded image, with their aligned crops or their quality alone if asked for.

        Crops come with the quality, except from an older vectorizer, which measures none.

        Raises the problem of a bad image, VectorizerBusy, VectorizerFailed, VectorizerTimeout or VectorizerUnavailable.
        """
        call = _Call("POST", _FACES[crops, quality], read_analysis, image)
        return await self._answer(call, self._timeout_seconds)

    async def drawing(self, image: bytes, *, min_score: float, min_size: int) -> bytes:
        """Return an encoded image as a JPEG with those of its faces drawn in. Raises as `analyse` does."""
        call = _Call("POST", f"/drawing?min_score={min_score}&min_size={min_size}", bytes, image)
        return await self._answer(call, self._timeout_seconds)

    async def embed_crop(self, crop: bytes) -> Analysis:
        """Return the one face of a crop that `analyse` once returned, embedded by the model in use.

        Raises as `analyse` does.
        """
        return await self._answer(_Call("POST", "/crops", read_analysis, crop), self._timeout_seconds)

    async def models(self) -> object:
        """Return a vectorizer's own description of its models."""
        return await self._ask(_MODELS, self._timeout_seconds)

    async def model_in_use(self) -> Model:
        """Return the embedder that a vectorizer has in use. Raises as `analyse` does."""
        return read_model_in_use(await self.models())

    async def check_ready(self) -> None:
        """Raise a problem unless a vectorizer says that it is ready, however full it is."""
        await self._ask(_READY, _READY_TIMEOUT_SECONDS)

    def check_room(self) -> None:
        """Raise VectorizerBusy when it is known that every vectorizer is full."""
        if not self.replicas.has_room(_now()):
            raise VectorizerBusy

    async def probe(self, replica: Replica) -> None:
        """Ask a replica that was set aside whether it is well again."""
        try:
            await self._exchange(replica, _READY, _now() + _READY_TIMEOUT_SECONDS)
        except Problem:
            replica.failed(_now())
        else:
            _logger.info("%s is well again", replica.url)
            replica.recovered()

    async def _ask(self, call: _Call[_T], seconds: float) -> _T:
        """Return the first answer of all vectorizers; it counts as no work of theirs, so it needs no room there."""
        deadline = _now() + seconds
        asked = [asyncio.create_task(self._exchange(replica, call, deadline)) for replica in self.replicas]
        problem: Problem = VectorizerUnavailable()
        try:
            for answer in asyncio.as_completed(asked):
                try:
                    return await answer
                except Problem as latest:
                    problem = latest
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        raise problem

    async def _answer(self, call: _Call[_T], seconds: float) -> _T:
        """Return one vectorizer's answer, if need be and possible within `seconds` that of a second one."""
        begun = _now()
        self._budget.earn()
        first = self._first()
        share = seconds if len(self.replicas) == 1 else seconds / 2  # leaves time for another one
        try:
            return await self._attempt(first, call, begun + share)
        except Outage as problem:
            second = self._second(first, problem)
            if second is None:
                raise
        return await self._attempt(second, call, begun + seconds)

    def _first(self) -> Replica:
        replica = self.replicas.choose(_now())
        if replica is None:
            raise VectorizerBusy if len(self.replicas) else VectorizerUnavailable
        return replica

    def _second(self, first: Replica, problem: Outage) -> Replica | None:
        """Return the replica on which the call is worth a second attempt, if any; vectorizing changes nothing."""
        other = self.replicas.choose(_now(), other_than=first)
        if isinstance(problem, VectorizerBusy):
            return other  # a refusal has cost nothing, so it is not on the budget
        second = other or (first if _was_cut(problem) else None)
        return second if second and self._budget.spend() else None

    async def _attempt(self, replica: Replica, call: _Call[_T], deadline: float) -> _T:
        """Return what the replica answers, and remember how it did."""
        replica.in_flight += 1
        answers = replica.answers
        try:
            answer = await self._exchange(replica, call, deadline)
        # A failure of its own that it can tell of is the image's rather than its state's.
        except (Refused, VectorizerFailed) as problem:
            self.attempts[problem.code] += 1
            replica.answered()
            raise
        except Outage as problem:
            self.attempts[problem.code] += 1
            _note(replica, problem, answered_others=replica.answers > answers)
            raise
        else:
            self.attempts["ok"] += 1
            replica.answered()
            return answer
        finally:
            replica.in_flight -= 1

    async def _exchange(self, replica: Replica, call: _Call[_T], deadline: float) -> _T:
        headers = {"X-Deadline-Ms": str(max(0, round(1000 * (deadline - _now()))))}
        if request_id := correlation_id.get():
            headers["X-Request-ID"] = request_id
        content = None if call.content is None else BytesIO(call.content)
        try:
            async with (
                asyncio.timeout_at(deadline),
                self._http.request(call.method, replica.url + call.path, data=content, headers=headers) as response,
            ):
                body = await response.read()
        except tuple(PROBLEM_OF_ERROR) as error:
            raise translated(error) from error
        if response.status != HTTPStatus.OK:
            raise read_problem(response.status, body)
        return call.read(body)


@asynccontextmanager
async def open_vectorizer(
    replicas: Replicas, *, timeout_seconds: float, trace_configs: Sequence[TraceConfig] = ()
) -> AsyncIterator[VectorizerClient]:
    """Yield a client of the vectorizers; nothing connects before the first use."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE_SECONDS, socket_factory=open_socket)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        trace_configs=list(trace_configs),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
    ) as http:
        yield VectorizerClient(http, replicas, timeout_seconds)


def translated(error: BaseException) -> Problem:
    """Return the problem that an error of aiohttp, or of the socket below it, means to a client."""
    return next(problem for kind, problem in PROBLEM_OF_ERROR.items() if isinstance(error, kind))()


def _note(replica: Replica, problem: Outage, *, answered_others: bool) -> None:
    """Remember that the replica is full, or set it aside when it cannot be reached, hangs or talks nonsense."""
    if isinstance(problem, VectorizerBusy):
        replica.refused(_now())
    elif isinstance(problem, VectorizerTimeout) and not isinstance(problem.__cause__, TimeoutError):
        replica.answered()  # that it had no time for the image
    elif answered_others and isinstance(problem, VectorizerTimeout) and not _is_unreachable(problem):
        pass  # it has much to do, and would have even more to do after a pause
    else:
        if not replica.set_aside:
            _logger.warning("%s is set aside: %r", replica.url, problem.__cause__ or problem)
        replica.failed(_now())


def _is_unreachable(problem: Problem) -> bool:
    return isinstance(problem.__cause__, aiohttp.ServerTimeoutError)  # it took too long to connect


def _was_cut(problem: Problem) -> bool:
    """Tell whether a connection ended that had been made: the replica may have closed it while it was idle."""
    cause = problem.__cause__
    return isinstance(cause, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError) and not isinstance(
        cause, aiohttp.ClientConnectorError | TimeoutError
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
