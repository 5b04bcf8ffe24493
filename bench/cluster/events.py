"""Events on hosts and services under load, and their effect on clients."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.cluster.loads import Load, under_load
from bench.cluster.member import Member
from bench.cluster.topology import NAMES_KNOWN_SECONDS, Topology
from bench.harness.outcomes import Latency, Outcome, latency
from bench.harness.uploads import Upload

Happening = Callable[[Topology], Awaitable[None]]

DATABASE_DOWN_SECONDS = 4.0


@dataclass(frozen=True)
class Pace:
    """Seconds of load before an event, at least during it, and after it."""

    lead_seconds: float
    settle_seconds: float
    tail_seconds: float


@dataclass(frozen=True)
class Course:
    """The result of a load during an event.

    seconds, requests: of all of it. happening_seconds: how long it took. refused: answers 503, each followed by another
    attempt. failed: requests without success in the end, by status and code. before, during, after: what a client waits
    for success from when its request was due, milliseconds, by when that was. spread: images answered by each
    vectorizer afterwards. most_to_least: of these.
    """

    seconds: float
    requests: int
    happening_seconds: float
    refused: int
    failed: Mapping[str, int]
    before: Latency | None
    during: Latency | None
    after: Latency | None
    spread: Mapping[str, int]
    most_to_least: float

    @property
    def undisturbed(self) -> bool:
        """Whether the only effect on clients was waiting time."""
        return not self.refused and not self.failed


async def nothing(_: Topology) -> None:
    """Let the services work."""


async def a_host_comes(topology: Topology) -> None:
    """Add a vectorizer, and wait until the gateways know."""
    await topology.add_vectorizer()
    await asyncio.sleep(NAMES_KNOWN_SECONDS)


async def a_host_goes(topology: Topology) -> None:
    """Take a vectorizer out of service and remove its host."""
    await topology.remove_vectorizer(topology.vectorizers[-1])


async def a_cable_is_pulled(topology: Topology) -> None:
    """Cut a vectorizer off."""
    topology.lost = topology.vectorizers[0]
    topology.network.cut(topology.lost.host)


async def the_cable_is_plugged_in(topology: Topology) -> None:
    """Reconnect the host that `a_cable_is_pulled` cut off."""
    assert topology.lost
    topology.network.mend(topology.lost.host)
    topology.lost = None


async def a_vectorizer_is_killed(topology: Topology) -> None:
    """Kill a vectorizer."""
    topology.lost = topology.vectorizers[0]
    topology.lost.kill()


async def it_is_started_again(topology: Topology) -> None:
    """Start the vectorizer that `a_vectorizer_is_killed` killed."""
    assert topology.lost
    await topology.lost.start()
    topology.lost = None


async def gateways_are_rolled(topology: Topology) -> None:
    """Replace one gateway after the other."""
    for gateway in topology.gateways:
        await topology.roll(gateway)


async def the_database_is_restarted(topology: Topology) -> None:
    """Restart PostgreSQL."""
    await topology.restart_database(DATABASE_DOWN_SECONDS)


EVENTS: Sequence[tuple[str, Happening]] = (
    ("nothing happens", nothing),
    ("a host with a vectorizer is added", a_host_comes),
    ("it is removed", a_host_goes),
    ("a vectorizer is cut off", a_cable_is_pulled),
    ("it is connected again", the_cable_is_plugged_in),
    ("a vectorizer is killed", a_vectorizer_is_killed),
    ("it is started again", it_is_started_again),
    ("SIGTERM to each gateway in turn", gateways_are_rolled),
    ("PostgreSQL is restarted", the_database_is_restarted),
)


async def course(
    topology: Topology, uploads: Iterator[Upload], rate: float, happening: Happening, pace: Pace
) -> Course:
    """Apply an event to the services under `rate` requests per second."""
    watch = _Watch(topology, happening, pace)
    load = await under_load(topology.url, uploads, rate, watch.run())
    return watch.course_of(load)


class _Watch:
    """Notes when what happens begins and ends, and what goes over the cables afterwards."""

    def __init__(self, topology: Topology, happening: Happening, pace: Pace) -> None:
        self._topology = topology
        self._happening = happening
        self._pace = pace
        self._spread: dict[str, int] = {}

    async def run(self) -> None:
        await asyncio.sleep(self._pace.lead_seconds)
        self._begun = time.perf_counter()
        await self._happening(self._topology)
        self._ended = time.perf_counter()
        self._settled = max(self._ended, self._begun + self._pace.settle_seconds)
        await asyncio.sleep(self._settled - self._ended)
        serving = [member for member in self._topology.vectorizers if member is not self._topology.lost]
        before = await _images_done(serving)
        await asyncio.sleep(self._pace.tail_seconds)
        after = await _images_done(serving)
        self._spread = {member.host.name: now - then for member, then, now in zip(serving, before, after, strict=True)}

    def course_of(self, load: Load) -> Course:
        failed = [outcome for outcome in load.outcomes if not outcome.answered]
        names = [f"{outcome.status} {outcome.code}".strip() for outcome in failed]
        return Course(
            seconds=load.seconds,
            requests=len(load.outcomes),
            happening_seconds=self._ended - self._begun,
            refused=len(load.refusals),
            failed={name: names.count(name) for name in names},
            before=_latency(load.outcomes, 0, self._begun),
            during=_latency(load.outcomes, self._begun, self._settled),
            after=_latency(load.outcomes, self._settled, float("inf")),
            spread=self._spread,
            most_to_least=max(self._spread.values()) / max(1, min(self._spread.values())),
        )


def _latency(outcomes: Sequence[Outcome], since: float, until: float) -> Latency | None:
    return latency(outcome.latency_ms for outcome in outcomes if since <= outcome.due < until and outcome.answered)


async def _images_done(members: Sequence[Member]) -> list[int]:
    return await asyncio.gather(*(member.images_done() for member in members))
