"""The speed of the networks alone: without HTTP, database or load generator.

python -m bench ceiling --photographs lfw --models ../shared/models/buffalo_sc

Both the plain networks (`plain_networks`) and the vectorizer's own are measured, with one lane and one per core.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

import typer

from bench.harness.options import DATA, RESULTS, ArcFaceFolder, Data, Photographs, PlainSize, Results, Seconds
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import write
from bench.photographs.sets import read_set, set_name
from bench.speed.networks.lanes import Lane, LaneRun, run_lanes
from bench.speed.networks.own_networks import OwnNetworks
from bench.speed.networks.plain_networks import PlainNetworks


def main(
    *,
    models: ArcFaceFolder,
    photographs: Photographs = "lfw",
    plain_size: PlainSize = None,
    seconds: Seconds = 10,
    data: Data = DATA,
    results: Results = RESULTS,
) -> None:
    """Measure the networks without a service."""
    images = read_set(photographs, data)
    size = plain_size or plain_size_for(photographs)
    origin = provenance("ceiling", sys.argv[1:], None, SPEED_PACKAGES)
    record = {
        "kind": "ceiling",
        "photographs": set_name(photographs),
        "models": models.resolve().name,
        "provenance": asdict(origin),
        "files": len(images),
        "plain_detector_size": size,
        "plain": _runs(lambda: PlainNetworks(models, size), images, seconds),
        "own": _runs(lambda: OwnNetworks(models), images, seconds),
    }
    print(write(record, results).read_text())


def plain_size_for(photographs: str) -> int:
    """Return the detector's side that fits a set: portraits of 250 pixels are not enlarged to 640."""
    return 320 if photographs == "lfw" else 640


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def _runs(make: Callable[[], Lane], images: Sequence[bytes], seconds: float) -> list[dict[str, object]]:
    runs: list[LaneRun] = [
        run_lanes([make() for _ in range(lanes)], images, seconds) for lanes in sorted({1, usable_cores()})
    ]
    return [asdict(run) for run in runs]


if __name__ == "__main__":
    typer.run(main)
