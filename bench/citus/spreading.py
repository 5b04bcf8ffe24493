"""Searches and enrolments a second with one server of shards, two, and so on."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from statistics import median
from uuid import uuid4

import numpy as np
import psutil  # type: ignore[import-untyped]

from apiserver.access.binding import bound_to
from apiserver.database.opening import open_database
from apiserver.database.pool import Database
from apiserver.directories.sizes import DirectorySizes
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification, Search
from bench.citus.servers import Server
from bench.harness.processes import LOAD_GENERATOR, usage
from bench.search.cost import POINTS, enrol, synthetic_model
from bench.search.galleries import GalleryOf
from bench.search.people import Floats, Population

CLIENTS_EACH = 8
"""Calls at a time for each server of shards: enough that none of them waits for one."""
PROBES = 20
"""Of each directory."""
TIMEOUT_SECONDS = 30.0

COORDINATOR = "coordinator"
SHARDS = "servers of shards"

Call = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Step:
    """A load on a number of servers of shards.

    cores: those that the coordinator, all servers of shards, and the load generator used; without servers that were not
    started here.
    """

    servers: int
    a_second: float
    p50_ms: float
    p99_ms: float
    cores: Mapping[str, float]


@dataclass(frozen=True)
class Spread:
    """Rounds of steps with one server of shards, two, and so on.

    a_second: the median for each number of servers. to_linear: that divided by the number times the first.
    """

    rounds: Sequence[Sequence[Step]]
    a_second: Sequence[float]
    to_linear: Sequence[float]


class Workload:
    """The calls of many clients for the directories of one database, by the services' own statements."""

    def __init__(
        self, database: Database, directories: Sequence[GalleryOf], probes: Mapping[str, Floats], match: float
    ) -> None:
        self._database = database
        self._directories = directories
        self._probes = probes
        self._match = match
        self._sizes = DirectorySizes(database)
        self._identification = Identification(database, POINTS, Efforts(lowest_recall=0))
        self._random = np.random.default_rng(1)

    async def search(self) -> None:
        """Search a directory for a face, as a recognition of which nothing is kept."""
        directory, probe = self._drawn()
        search = Search(directory, synthetic_model(len(probe)), 5, self._match)
        with bound_to(directory):
            size = await self._sizes.of(directory, search.model.id)
            await self._identification.identify(search, [probe.tolist()], size)

    async def enrol(self) -> None:
        """Enrol a new person with a photograph."""
        directory, probe = self._drawn()
        noisy = probe + np.random.default_rng().normal(0, 0.05, probe.shape).astype(np.float32)
        with bound_to(directory):
            await enrol(self._database, directory, f"learned {uuid4()}", noisy / np.linalg.norm(noisy))

    def _drawn(self) -> tuple[str, Floats]:
        directory = self._directories[int(self._random.integers(len(self._directories)))].directory
        return directory, self._random.choice(self._probes[directory])


async def measure_spread(
    databases: Sequence[str], servers: Sequence[Server], calls: Callable[[Database], Call], rounds: int, seconds: float
) -> Spread:
    """Load the databases, of which each has one server of shards more than the last.

    In turn, so that a busy minute does not fall on one. servers: the coordinator first.
    """
    async with AsyncExitStack() as stack:
        loaded = []
        for number, dsn in enumerate(databases, 1):
            database = await stack.enter_async_context(_opened(dsn, CLIENTS_EACH * number))
            loaded.append((number, calls(database)))
        done = [[await _step(call, number, servers, seconds) for number, call in loaded] for _ in range(rounds)]
    return summed(done)


def summed(rounds: Sequence[Sequence[Step]]) -> Spread:
    """Return the rounds with the median of each number of servers."""
    speeds = [median(steps[place].a_second for steps in rounds) for place in range(len(rounds[0]))]
    return Spread(rounds, speeds, [speed / (number * speeds[0]) for number, speed in enumerate(speeds, 1)])


def _opened(dsn: str, clients: int) -> AbstractAsyncContextManager[Database]:
    """Open a database with a connection for each client: recognitions get three quarters of the connections."""
    return open_database(dsn, pool_size=clients * 3 // 2 + 3, timeout_seconds=TIMEOUT_SECONDS)


async def _step(call: Call, number: int, servers: Sequence[Server], seconds: float) -> Step:
    clients = CLIENTS_EACH * number
    await closed_loop(call, clients, seconds / 10)  # opens the connections and plans
    before, begun = _cpu_seconds(servers), time.perf_counter()
    milliseconds = await closed_loop(call, clients, seconds)
    took, after = time.perf_counter() - begun, _cpu_seconds(servers)
    cores = {name: (used - before[name]) / took for name, used in after.items()}
    p50, p99 = np.percentile(milliseconds, [50, 99])
    return Step(number, len(milliseconds) / took, float(p50), float(p99), cores)


async def closed_loop(call: Call, clients: int, seconds: float) -> list[float]:
    """Call from several clients at a time, each after its last answer; return the milliseconds of every call."""
    milliseconds, end = [], time.perf_counter() + seconds

    async def client() -> None:
        while (begun := time.perf_counter()) < end:
            await call()
            milliseconds.append(1000 * (time.perf_counter() - begun))

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())
    return milliseconds


def _cpu_seconds(servers: Sequence[Server]) -> dict[str, float]:
    """Return the processor time of the coordinator, all servers of shards, and this process."""
    coordinator, *others = (server.cpu_seconds() for server in servers)
    known = {LOAD_GENERATOR: usage(psutil.Process()).cpu_seconds}
    if coordinator is not None:
        known |= {COORDINATOR: coordinator, SHARDS: sum(seconds or 0 for seconds in others)}
    return known


def probes_of(directories: Sequence[GalleryOf], population: Population) -> dict[str, Floats]:
    """Return embeddings of new photographs of persons of each directory, [PROBES, d]."""
    return {directory.directory: directory.probes(population, PROBES)[1] for directory in directories}
