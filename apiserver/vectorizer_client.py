"""Which vectorizer does the work, and what is done where one of them fails."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

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
from apiserver.vectorizer_http import Call, T, TraceConfig, VectorizerHttp, is_unreachable, open_http, was_cut
from apiserver.vectorizer_wire import read_analysis, read_json, read_model_in_use

_READY_TIMEOUT_SECONDS = 2

_logger = logging.getLogger(__name__)

_READY = Call("GET", "/health/ready", bytes)
_MODELS = Call("GET", "/models", read_json)
_FACES = {
    (False, False): "/faces",
    (False, True): "/faces?quality=true",
    (True, False): "/faces?crops=true",
    (True, True): "/faces?crops=true",
}
"""The path by whether crops and quality are wanted."""


class VectorizerClient:
    """The vectorizers as one: which of them does the work, and that one of them failed, callers do not see."""

    def __init__(
        self,
        http: VectorizerHttp,
        replicas: Replicas,
        timeout_seconds: float,
        ready_timeout_seconds: float = _READY_TIMEOUT_SECONDS,
    ) -> None:
        self.replicas = replicas
        self.attempts: Counter[str] = Counter()
        """Images sent to a vectorizer, by what became of them: `ok` or the code of a problem."""
        self._http = http
        self._timeout_seconds = timeout_seconds
        self._ready_timeout_seconds = ready_timeout_seconds
        self._budget = RetryBudget()

    async def analyse(self, image: bytes, *, crops: bool, quality: bool = False) -> Analysis:
        """Return the faces of an encoded image, with their aligned crops or their quality alone if asked for.

        Crops come with the quality, except from an older vectorizer, which measures none.

        Raises the problem of a bad image, VectorizerBusy, VectorizerFailed, VectorizerTimeout or VectorizerUnavailable.
        """
        call = Call("POST", _FACES[crops, quality], read_analysis, image)
        return await self._answer(call, self._timeout_seconds)

    async def drawing(self, image: bytes, *, min_score: float, min_size: int) -> bytes:
        """Return an encoded image as a JPEG with those of its faces drawn in. Raises as `analyse` does."""
        call = Call("POST", f"/drawing?min_score={min_score}&min_size={min_size}", bytes, image)
        return await self._answer(call, self._timeout_seconds)

    async def embed_crop(self, crop: bytes) -> Analysis:
        """Return the one face of a crop that `analyse` once returned, embedded by the model in use.

        Raises as `analyse` does.
        """
        return await self._answer(Call("POST", "/crops", read_analysis, crop), self._timeout_seconds)

    async def models(self) -> object:
        """Return a vectorizer's own description of its models."""
        return await self._ask(_MODELS, self._timeout_seconds)

    async def model_in_use(self) -> Model:
        """Return the embedder that a vectorizer has in use. Raises as `analyse` does."""
        return read_model_in_use(await self.models())

    async def check_ready(self) -> None:
        """Raise a problem unless a vectorizer says that it is ready, however full it is."""
        await self._ask(_READY, self._ready_timeout_seconds)

    def check_room(self) -> None:
        """Raise VectorizerBusy when it is known that every vectorizer is full."""
        if not self.replicas.has_room(_now()):
            raise VectorizerBusy

    async def probe(self, replica: Replica) -> None:
        """Ask a replica that was set aside whether it is well again."""
        try:
            await self._http.exchange(replica.url, _READY, _now() + self._ready_timeout_seconds)
        except Problem:
            replica.failed(_now())
        else:
            _logger.info("%s is well again", replica.url)
            replica.recovered()

    async def _ask(self, call: Call[T], seconds: float) -> T:
        """Return the first answer of all vectorizers; it counts as no work of theirs, so it needs no room there."""
        deadline = _now() + seconds
        asked = [asyncio.create_task(self._http.exchange(replica.url, call, deadline)) for replica in self.replicas]
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

    async def _answer(self, call: Call[T], seconds: float) -> T:
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
        second = other or (first if was_cut(problem) else None)
        return second if second and self._budget.spend() else None

    async def _attempt(self, replica: Replica, call: Call[T], deadline: float) -> T:
        """Return what the replica answers, and remember how it did."""
        replica.in_flight += 1
        answers = replica.answers
        try:
            answer = await self._http.exchange(replica.url, call, deadline)
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


@asynccontextmanager
async def open_vectorizer(
    replicas: Replicas,
    *,
    timeout_seconds: float,
    ready_timeout_seconds: float = _READY_TIMEOUT_SECONDS,
    trace_configs: Sequence[TraceConfig] = (),
) -> AsyncIterator[VectorizerClient]:
    """Yield a client of the vectorizers; nothing connects before the first use."""
    async with open_http(trace_configs) as http:
        yield VectorizerClient(http, replicas, timeout_seconds, ready_timeout_seconds)


def _note(replica: Replica, problem: Outage, *, answered_others: bool) -> None:
    """Remember that the replica is full, or set it aside when it cannot be reached, hangs or talks nonsense."""
    if isinstance(problem, VectorizerBusy):
        replica.refused(_now())
    elif isinstance(problem, VectorizerTimeout) and not isinstance(problem.__cause__, TimeoutError):
        replica.answered()  # that it had no time for the image
    elif answered_others and isinstance(problem, VectorizerTimeout) and not is_unreachable(problem):
        pass  # it has much to do, and would have even more to do after a pause
    else:
        if not replica.set_aside:
            _logger.warning("%s is set aside: %r", replica.url, problem.__cause__ or problem)
        replica.failed(_now())


def _now() -> float:
    return asyncio.get_running_loop().time()
