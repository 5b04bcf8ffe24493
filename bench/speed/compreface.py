"""How fast CompreFace's call of recognition is, compared with /recognize without keeping the photographs.

python -m bench compreface --photographs lfw

Both are measured in turn within one run, so that other load affects both alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import cycle
from statistics import median
from typing import Annotated, Any

import typer

from bench.harness.experiment import experiment
from bench.harness.loaded import closed
from bench.harness.options import DATA, RESULTS, Concurrency, Data, Models, Photographs, Results, Seconds, Subject
from bench.harness.processes import total
from bench.harness.records import Record
from bench.harness.stack import RunningStack
from bench.harness.uploads import Upload

_KEY = "x-api-key: any\r\n"


def own(images: Sequence[bytes]) -> Iterator[Upload]:
    """Yield uploads to the service's own call, which does what CompreFace's does."""
    return cycle([Upload("/recognize", image, keep="false", k="1") for image in images])


def theirs(images: Sequence[bytes]) -> Iterator[Upload]:
    """Yield uploads to CompreFace's call."""
    return cycle([Upload("/api/v1/recognition/recognize", image, headers=_KEY) for image in images])


def compared(stack: RunningStack, images: Sequence[bytes], *, rounds: int, concurrency: int, seconds: float) -> Record:
    """Measure both calls in turn, each first in every other round; return the medians of the rounds' ratios."""
    measured: list[dict[str, Any]] = []
    for number in range(rounds):
        order = [("own", own(images)), ("theirs", theirs(images))]
        loads = {
            name: closed(stack, uploads, concurrency, seconds) for name, uploads in order[:: -1 if number % 2 else 1]
        }
        speeds = {name: load.summary.images_per_second for name, load in loads.items()}
        costs = {name: total(load.cpu_ms_per_image) for name, load in loads.items()}
        ratios = {"speed": speeds["theirs"] / speeds["own"], "cpu": costs["theirs"] / costs["own"]}
        measured.append({**{name: asdict(load) for name, load in loads.items()}, **ratios})
    return {
        "concurrency": concurrency,
        "speed_to_own": median(each["speed"] for each in measured),
        "cpu_to_own": median(each["cpu"] for each in measured),
        "rounds": measured,
    }


def main(
    *,
    models: Models = "opencv",
    photographs: Photographs = "lfw",
    data: Data = DATA,
    results: Results = RESULTS,
    rounds: Annotated[int, typer.Option(help="Turns of both.", min=1)] = 6,
    concurrency: Concurrency = 4,
    seconds: Seconds = 5,
) -> None:
    """Compare the two calls."""
    subject = Subject(
        models=models,
        photographs=photographs,
        url=None,
        supervisor=None,
        settings=("APISERVER_FACADES=compreface",),
        data=data,
        results=results,
        people=20,
    )
    experiment(
        subject,
        "compreface",
        lambda stack, images: compared(stack, images, rounds=rounds, concurrency=concurrency, seconds=seconds),
    )


if __name__ == "__main__":
    typer.run(main)
