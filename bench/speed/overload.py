"""The throughput and the refusals of the stack under far more requests than it can answer."""

from collections.abc import Sequence
from dataclasses import asdict

from bench.harness.loaded import closed, opened
from bench.harness.processes import memory_mb, usages
from bench.harness.records import Record
from bench.harness.stack import RunningStack
from bench.harness.uploads import recognitions

CONCURRENCIES = (2, 4, 8, 16)
"""The best of these closed loops is the sustainable rate."""


def measure_overload(
    stack: RunningStack, images: Sequence[bytes], *, factor: float, seconds: float, peak_seconds: float
) -> Record:
    """Find the sustainable rate, then send `factor` times as many requests for `seconds`."""
    uploads = recognitions(images)
    loops = [closed(stack, uploads, concurrency, peak_seconds) for concurrency in CONCURRENCIES]
    peak = max(loop.summary.images_per_second for loop in loops)
    before = memory_mb(usages(stack.supervisor))
    load = opened(stack, uploads, factor * peak, seconds)
    recovered = closed(stack, uploads, CONCURRENCIES[-1], peak_seconds)
    return {
        "peak_images_per_second": peak,
        "rate": factor * peak,
        "goodput_to_peak": load.summary.images_per_second / peak,
        "recovered_to_peak": recovered.summary.images_per_second / peak,
        "memory_mb_before": before,
        "memory_mb_afterwards": recovered.memory_mb,
        "load": asdict(load),
    }
