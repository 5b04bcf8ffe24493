"""Sends each image to a vectorizer, and to a second one if the first fails."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

from apiserver.access.limits import Quota
from apiserver.access.metering import spend
from apiserver.biometrics.face import Analysis, Look
from apiserver.biometrics.model import Model
from apiserver.problems import (
    ImageTooCostly,
    Outage,
    Problem,
    Refused,
    VectorizerBusy,
    VectorizerFailed,
    VectorizerTimeout,
    VectorizerUnavailable,
)
from apiserver.vectorizers.exchange import (
    Access,
    Call,
    T,
    TracedHop,
    VectorizerHttp,
    is_unreachable,
    open_http,
    was_cut,
)
from apiserver.vectorizers.replicas import Replica, Replicas, RetryBudget
from apiserver.vectorizers.wire import (
    Load,
    ModelIds,
    Preview,
    Want,
    read_analysis,
    read_json,
    read_load,
    read_model_ids,
    read_model_in_use,
    read_preview,
)
from serving.digests import Digests

_READY_TIMEOUT_SECONDS = 2

_logger = logging.getLogger(__name__)

_READY = Call("GET", "/health/ready", bytes)
_MODELS = Call("GET", "/models", read_json)
_LOAD = Call("GET", "/health/ready", read_load)
_MODEL_IDS = Call("GET", "/models", read_model_ids)


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """How a vectorizer is. problem: why it is not ready; load, models: None if it does not tell them."""

    replica: Replica
    problem: Problem | None
    load: Load | None
    models: ModelIds | None


class VectorizerClient:
    """All vectorizers as one; callers see neither which one works nor that one has failed."""

    def __init__(
        self,
        http: VectorizerHttp,
        replicas: Replicas,
        timeout_seconds: float,
        ready_timeout_seconds: float = _READY_TIMEOUT_SECONDS,
    ) -> None:
        self.replicas = replicas
        self.attempts: Counter[str] = Counter()
        """Images sent to a vectorizer, by outcome: `ok` or the code of a problem."""
        self._http = http
        self._timeout_seconds = timeout_seconds
        self._ready_timeout_seconds = ready_timeout_seconds
        self._budget = RetryBudget()
        self._too_costly = Digests()

    async def analyse(
        self,
        image: bytes,
        wants: frozenset[Want] = frozenset(),
        look: Look = Look(),  # noqa: B008 - it is immutable
    ) -> Analysis:
        """Return the faces of an encoded image, each with what `wants` names.

        Raises the problem of a bad image, VectorizerBusy, VectorizerFailed, VectorizerTimeout or VectorizerUnavailable.
        """
        query = "&".join([_query(look), *(f"want={want}" for want in sorted(wants))])
        return await self._answer(Call("POST", f"/faces?{query}", read_analysis, image), self._timeout_seconds)

    async def drawing(
        self,
        image: bytes,
        *,
        min_score: float,
        min_size: int,
        look: Look = Look(),  # noqa: B008 - it is immutable
    ) -> bytes:
        """Return an encoded image as a JPEG with those faces marked. Raises the problems of `analyse`."""
        query = f"{_query(look)}&min_score={min_score}&min_size={min_size}"
        call = Call("POST", f"/drawing?{query}", bytes, image)
        return await self._answer(call, self._timeout_seconds)

    async def preview(self, image: bytes, max_side: int) -> Preview:
        """Return an encoded image as an upright JPEG of at most this size. Raises the problems of `analyse`."""
        call = Call("POST", f"/preview?max_side={max_side}", read_preview, image)
        return await self._answer(call, self._timeout_seconds)

    async def embed_crop(self, crop: bytes, score: float = 1.0) -> Analysis:
        """Return the face of a crop that `analyse` returned before, embedded by the model in use.

        score: the detector's, which the crop does not show. Raises the problems of `analyse`.
        """
        call = Call("POST", f"/crops?score={score}", read_analysis, crop)
        return await self._answer(call, self._timeout_seconds)

    async def models(self) -> object:
        """Return the description of the models by a vectorizer, the answer of ``GET /models``."""
        return await self._ask(_MODELS, self._timeout_seconds)

    async def model_in_use(self) -> Model:
        """Return the embedder in use. Raises the problems of `analyse`."""
        return read_model_in_use(await self.models())

    async def model_ids(self) -> ModelIds:
        """Return the ids of the models in use. Raises the problems of `analyse`."""
        return await self._ask(_MODEL_IDS, self._timeout_seconds)

    async def check_ready(self) -> None:
        """Raise a problem unless at least one vectorizer is ready, even if it is busy."""
        await self._ask(_READY, self._ready_timeout_seconds)

    async def states(self) -> list[ReplicaState]:
        """Ask every vectorizer how it is; the slowest one has the time of a check of readiness."""
        return await asyncio.gather(*(self._state_of(replica) for replica in self.replicas.known))

    async def _state_of(self, replica: Replica) -> ReplicaState:
        deadline = monotonic() + self._ready_timeout_seconds
        loaded = self._http.exchange(replica.url, _LOAD, deadline)
        used = self._http.exchange(replica.url, _MODEL_IDS, deadline)
        load, models = await asyncio.gather(_or_problem(loaded), _or_problem(used))
        return ReplicaState(
            replica,
            problem=load if isinstance(load, Problem) else None,
            load=None if isinstance(load, Problem) else load,
            models=None if isinstance(models, Problem) else models,
        )

    def check_room(self) -> None:
        """Raise VectorizerBusy if every vectorizer is known to be full."""
        if not self.replicas.has_room(monotonic()):
            raise VectorizerBusy

    async def probe(self, replica: Replica) -> None:
        """Check whether a replica that was set aside is ready again."""
        try:
            await self._http.exchange(replica.url, _READY, monotonic() + self._ready_timeout_seconds)
        except Problem:
            replica.failed(monotonic())
        else:
            _logger.info("%s is ready again", replica.url)
            replica.recovered()

    async def _ask(self, call: Call[T], seconds: float) -> T:
        """Ask all vectorizers and return the first answer; such calls do not count as load."""
        deadline = monotonic() + seconds
        asked = [
            asyncio.create_task(self._http.exchange(replica.url, call, deadline)) for replica in self.replicas.known
        ]
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
        """Return the answer for an image; one that was too costly is sent to no vectorizer again for a while."""
        image = call.content or b""
        if self._too_costly.may_contain(image) and await asyncio.to_thread(self._too_costly.__contains__, image):
            raise ImageTooCostly
        try:
            return await self._answer_of_two(call, seconds)
        except ImageTooCostly:
            await asyncio.to_thread(self._too_costly.add, image)
            raise

    async def _answer_of_two(self, call: Call[T], seconds: float) -> T:
        """Return the answer of one vectorizer or, if it fails and time is left of `seconds`, of a second one."""
        start = monotonic()
        self._budget.earn()
        first = self.replicas.choose(start)
        if first is None:
            raise VectorizerBusy if self.replicas.known else VectorizerUnavailable
        share = seconds if len(self.replicas.known) == 1 else seconds / 2  # leaves time for a second one
        try:
            return await self._attempt(first, call, start + share)
        except Outage as problem:
            second = self._second(first, problem)
            if second is None:
                raise
        return await self._attempt(second, call, start + seconds)

    def _second(self, first: Replica, problem: Outage) -> Replica | None:
        """Return the replica for a second attempt, if one is worthwhile; calls can be repeated safely."""
        other = self.replicas.choose(monotonic(), other_than=first)
        if isinstance(problem, VectorizerBusy):
            return other  # a refusal costs nothing, so it does not count against the budget
        second = other or (first if was_cut(problem) else None)
        return second if second and self._budget.spend() else None

    async def _attempt(self, replica: Replica, call: Call[T], deadline: float) -> T:
        """Return the replica's answer, and record its success or failure."""
        replica.in_flight += 1
        answers, begun = replica.answers, monotonic()
        try:
            answer = await self._http.exchange(replica.url, call, deadline)
        # A failure that it reports itself is caused by the image rather than by its state.
        except (Refused, VectorizerFailed) as problem:
            self.attempts[problem.code] += 1
            spend(Quota.LANE_SECONDS, monotonic() - begun)
            replica.answered()
            raise
        except Outage as problem:
            self.attempts[problem.code] += 1
            if isinstance(problem, VectorizerTimeout):
                spend(Quota.LANE_SECONDS, monotonic() - begun)
            _record_outage(replica, problem, answered_others=replica.answers > answers)
            raise
        else:
            self.attempts["ok"] += 1
            _spend(answer, monotonic() - begun)
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
    traced_hop: TracedHop | None = None,
    access: Access | None = None,
) -> AsyncIterator[VectorizerClient]:
    """Yield a client of the vectorizers; it connects on first use."""
    async with open_http(access, traced_hop) as http:
        yield VectorizerClient(http, replicas, timeout_seconds, ready_timeout_seconds)


async def _or_problem(answer: Awaitable[T]) -> T | Problem:
    try:
        return await answer
    except Problem as problem:
        return problem


def _query(look: Look) -> str:
    query = f"orientation={look.orientation}&detail={look.detail}"
    return query if look.max_faces is None else f"{query}&max_faces={look.max_faces}"


def _spend(answer: object, seconds: float) -> None:
    """Count what an answer took: a lane's time if it tells that, else the time that the gateway waited."""
    if isinstance(answer, Analysis):
        spend(Quota.FACES, len(answer.faces))
        seconds = sum(answer.timings.values()) - answer.timings.get("queue", 0.0)
        seconds /= 1000
    spend(Quota.LANE_SECONDS, seconds)


def _record_outage(replica: Replica, problem: Outage, *, answered_others: bool) -> None:
    """Record that the replica is full, or set it aside if it is unreachable, hangs or answers nonsense."""
    if isinstance(problem, VectorizerBusy):
        replica.refused(monotonic())
    elif isinstance(problem, VectorizerTimeout) and not isinstance(problem.__cause__, TimeoutError):
        replica.answered()  # it reported that the deadline was too short
    elif answered_others and isinstance(problem, VectorizerTimeout) and not is_unreachable(problem):
        pass  # it is overloaded, and after a pause it would have even more to do
    else:
        if not replica.set_aside:
            _logger.warning("%s is set aside: %r", replica.url, problem.__cause__ or problem)
        replica.failed(monotonic())
