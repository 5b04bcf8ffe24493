"""The requests that fail while services are killed, restarted and rolled.

python -m bench failover --models ../shared/models/buffalo_sc --rate 20

Two gateways and two vectorizers under a steady load (open loop). First a vectorizer is killed with SIGKILL and started
again later; then each service in turn gets SIGTERM and is started again.
"""

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import httpx
import typer

from bench.harness.experiment import WARM_UP
from bench.harness.load import open_loop
from bench.harness.options import DATA, RESULTS, Data, Models, Photographs, Results
from bench.harness.outcomes import summarise
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import Record, write
from bench.harness.uploads import recognitions
from bench.photographs.sets import read_set, set_name
from bench.speed.fleet import Balancer, Fleet, running_fleet

Disturbance = Callable[[Fleet, float], Awaitable[None]]


def main(
    *,
    models: Models = "opencv",
    photographs: Photographs = "lfw",
    rate: Annotated[float, typer.Option(help="Requests per second.", min=0.1, max=1000)] = 20,
    seconds: Annotated[float, typer.Option(help="Length of each of the two loads.", min=1, max=3600)] = 30,
    data: Data = DATA,
    results: Results = RESULTS,
) -> None:
    """Count the requests that fail while services are killed and restarted."""
    images = read_set(photographs, data)
    with tempfile.TemporaryDirectory(prefix="faceserver-bench-") as folder:
        measured = asyncio.run(_measure(Path(folder), models, images, rate, seconds))
    record: Record = {"kind": "failover", "photographs": set_name(photographs), "models": Path(models).resolve().name}
    print(write(record | {"rate": rate} | measured, results).read_text())


async def _measure(folder: Path, models: str, images: Sequence[bytes], rate: float, seconds: float) -> Record:
    async with running_fleet(folder, models) as fleet:
        with httpx.Client(base_url=fleet.gateways[0].url, trust_env=False) as gateway:
            origin = asdict(provenance("failover", sys.argv[1:], gateway, SPEED_PACKAGES))
        await _warm_up(fleet, images)
        killed = await _disturbed(fleet, images, rate, seconds, kill_one)
        rolled = await _disturbed(fleet, images, rate, seconds, roll_all)
    return {"provenance": origin, "vectorizer_killed": killed, "all_rolled": rolled}


async def _warm_up(fleet: Fleet, images: Sequence[bytes]) -> None:
    balancer, uploads = Balancer([gateway.url for gateway in fleet.gateways]), recognitions(images)
    for _ in range(WARM_UP):
        await balancer.send(next(uploads))
    balancer.close()


async def _disturbed(
    fleet: Fleet, images: Sequence[bytes], rate: float, seconds: float, disturbance: Disturbance
) -> Record:
    """Load the fleet for `seconds` during the disturbance; return the result, and how long the disturbance took.

    Raises RuntimeError if the disturbance took longer than the load, which then did not cover it.
    """
    balancer = Balancer([gateway.url for gateway in fleet.gateways])
    start = time.perf_counter()
    _, took = await asyncio.gather(
        open_loop(balancer, recognitions(images), rate, seconds), _timed(disturbance(fleet, seconds))
    )
    balancer.close()
    if took > seconds:
        raise RuntimeError(f"The services took {took:.0f} s to restart, longer than the load; raise --seconds.")
    return {"disturbance_seconds": took} | asdict(summarise(balancer.outcomes, start, seconds))


async def _timed(work: Awaitable[None]) -> float:
    start = time.perf_counter()
    await work
    return time.perf_counter() - start


async def kill_one(fleet: Fleet, seconds: float) -> None:
    """Kill a vectorizer after a quarter of the time and start it again after half of it."""
    await asyncio.sleep(seconds / 4)
    victim = fleet.vectorizers[0]
    assert victim.child.pid
    os.kill(victim.child.pid, signal.SIGKILL)
    await asyncio.sleep(seconds / 4)
    await victim.start()


async def roll_all(fleet: Fleet, _: float) -> None:
    """Send each service SIGTERM in turn, and start it again before the next."""
    for member in (*fleet.vectorizers, *fleet.gateways):
        await asyncio.sleep(1)
        await member.stop()
        await member.start()


if __name__ == "__main__":
    typer.run(main)
