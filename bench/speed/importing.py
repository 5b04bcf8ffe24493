"""`faceserver import` compared with bare requests that learn the same photographs, in turn within one run."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from bench.harness.loaded import closed
from bench.harness.records import Record
from bench.harness.stack import RunningStack
from bench.harness.uploads import Upload
from bench.photographs.folder import Photograph, find_photographs

T = TypeVar("T")

FACE = "center"
"""The photographs also show bystanders."""


@dataclass(frozen=True)
class Round:
    """One turn: bare requests, then the command; both in photographs per second, from first to last.

    refused: refusals of bare requests by code. outcomes: number of photographs by the command's outcome.
    """

    requests_a_second: float
    refused: Mapping[str, int]
    imported_a_second: float
    outcomes: Mapping[str, int]

    @property
    def import_to_requests(self) -> float:
        """The speed of the command relative to the requests."""
        return self.imported_a_second / self.requests_a_second


def measure_import(stack: RunningStack, people: Path, *, photographs: int, rounds: int, concurrency: int) -> Record:
    """Learn the first `photographs` of a folder of people by requests and by the command, each into new directories."""
    chosen = [photograph for photograph in find_photographs(people) if photograph.person][:photographs]
    with tempfile.TemporaryDirectory(prefix="faceserver-import-") as work:
        folder = Path(work, "people")
        _copy(chosen, folder)
        measured = [_round(stack, chosen, folder, number, concurrency) for number in range(rounds)]
    return {
        "concurrency": concurrency,
        "imported": len(chosen),
        "import_to_requests": median(one.import_to_requests for one in measured),
        "rounds": [asdict(one) | {"import_to_requests": one.import_to_requests} for one in measured],
    }


def _round(
    stack: RunningStack, photographs: Sequence[Photograph], folder: Path, number: int, concurrency: int
) -> Round:
    uploads = iter(_enrolments(photographs, f"requests-{number}"))
    seconds, load = _timed(lambda: closed(stack, uploads, concurrency, float("inf")))
    command_seconds, outcomes = _timed(lambda: _import(stack, folder, f"command-{number}", concurrency))
    return Round(
        requests_a_second=len(photographs) / seconds,
        refused=load.summary.failures,
        imported_a_second=outcomes.total() / command_seconds,
        outcomes=dict(outcomes),
    )


def _copy(photographs: Sequence[Photograph], folder: Path) -> None:
    for photograph in photographs:
        path = folder / photograph.name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photograph.path, path)


def _enrolments(photographs: Sequence[Photograph], directory: str) -> list[Upload]:
    return [
        Upload("/learn", one.path.read_bytes(), person=one.person or "", directory=directory, face=FACE)
        for one in photographs
    ]


def _import(stack: RunningStack, folder: Path, directory: str, concurrency: int) -> Counter[str]:
    """Run the command and return the number of photographs by outcome."""
    command = [sys.executable, "-m", "faceserver", "import", str(folder), "--url", stack.url, "--directory", directory]
    command += ["--face", FACE, "--concurrency", str(concurrency), "--fresh", "--json"]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return Counter(json.loads(line)["outcome"] for line in run.stdout.splitlines())


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result
