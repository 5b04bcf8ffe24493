"""The gain of each additional vectorizer if processor time is the bottleneck."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from bench.cluster.member import Member
from bench.cluster.topology import Topology
from bench.harness.load import Client, closed_loop
from bench.harness.outcomes import Outcome, Summary, summarise
from bench.harness.uploads import Upload

CORES = 0.3
CLIENTS_EACH = 8
"""Requests at a time for each vectorizer: enough that none of them waits for one."""


@dataclass(frozen=True)
class Step:
    """A load on a number of vectorizers. cores: the cores that each of them used."""

    vectorizers: int
    summary: Summary
    cores: Sequence[float]


@dataclass(frozen=True)
class Scaling:
    """Rounds of steps with one vectorizer, two, and so on.

    images_per_second: the median for each number of vectorizers. to_linear: that divided by the number times the first.
    """

    rounds: Sequence[Sequence[Step]]
    images_per_second: Sequence[float]
    to_linear: Sequence[float]


async def measure_scaling(topology: Topology, uploads: Iterator[Upload], rounds: int, seconds: float) -> Scaling:
    """Load one vectorizer, two, and so on to all there are; in turn, so that a busy minute does not fall on one."""
    most = len(topology.vectorizers)
    done = [[await _step(topology, uploads, count, seconds) for count in range(1, most + 1)] for _ in range(rounds)]
    speeds = [median(steps[number].summary.images_per_second for steps in done) for number in range(most)]
    return Scaling(done, speeds, [speed / (number * speeds[0]) for number, speed in enumerate(speeds, 1)])


async def _step(topology: Topology, uploads: Iterator[Upload], count: int, seconds: float) -> Step:
    members = topology.vectorizers[:count]
    await topology.use_vectorizers(members)
    await _load(topology, uploads, count, seconds / 5)  # fills the queues
    before, start = _cpu_seconds(members), time.perf_counter()
    outcomes = await _load(topology, uploads, count, seconds)
    took, after = time.perf_counter() - start, _cpu_seconds(members)
    cores = [(used - at_first) / took for at_first, used in zip(before, after, strict=True)]
    return Step(count, summarise(outcomes, start, seconds), cores)


async def _load(topology: Topology, uploads: Iterator[Upload], count: int, seconds: float) -> list[Outcome]:
    client = Client(topology.url)
    await closed_loop(client, uploads, CLIENTS_EACH * count, seconds)
    client.close()
    return client.outcomes


def _cpu_seconds(members: Sequence[Member]) -> list[float]:
    return [member.cpu_seconds() for member in members]
