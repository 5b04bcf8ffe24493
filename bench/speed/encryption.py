"""What encryption at rest costs: encrypting and decrypting a photograph and a crop, medians in milliseconds."""

import os
import statistics
import sys
import time
from collections.abc import Callable
from uuid import uuid4

import typer

from apiserver.encryption.sealing import DataKey, Place, sealed, unsealed
from bench.harness.provenance import provenance

_SIZES = {"2 MB photograph": 2_000_000, "crop of 6 kB": 6_000}


def _median(work: Callable[[], object], repeats: int) -> float:
    durations = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        durations.append(1000 * (time.perf_counter() - begun))
    return statistics.median(durations)


def main(repeats: int = 300) -> None:
    """Print the times and what they were measured on."""
    key, place = DataKey(uuid4(), os.urandom(32)), Place("acme", "photograph.jpg")
    for name, size in _SIZES.items():
        content = os.urandom(size)
        data = sealed(key, place, content)
        encrypting = _median(lambda content=content: sealed(key, place, content), repeats)  # type: ignore[misc]
        decrypting = _median(lambda data=data: unsealed(key, place, data), repeats)  # type: ignore[misc]
        print(f"{name}: encrypt {encrypting:.3f} ms, decrypt {decrypting:.3f} ms")
    measured = provenance("encryption", sys.argv[1:], None, ("cryptography",))
    print(f"{measured.date}, {measured.command}, {measured.machine}, {measured.versions}")


if __name__ == "__main__":
    typer.run(main)
