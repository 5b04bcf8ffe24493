"""The latency in addition to decoding, detection, alignment and embedding, one request at a time."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from statistics import median

from bench.harness.loaded import row
from bench.harness.outcomes import Outcome, latency, overhead_ms
from bench.harness.records import Record
from bench.harness.stack import RunningStack
from bench.harness.uploads import recognitions


def measure_overhead(stack: RunningStack, images: Sequence[bytes], requests: int) -> Record:
    """Send `requests` photographs one after the other. Raises RuntimeError unless all are answered with their stages.

    The overhead is the client's latency minus those stages of the Server-Timing header.
    """
    outcomes = row(stack, islice(recognitions(images), requests))
    if not all(outcome.answered and outcome.stages_ms for outcome in outcomes):
        raise RuntimeError("A photograph was not answered, or without a Server-Timing header.")
    overhead = latency(map(overhead_ms, outcomes))
    whole = latency(outcome.latency_ms for outcome in outcomes)
    assert overhead
    assert whole
    return {
        "requests": requests,
        "overhead_ms": asdict(overhead),
        "latency_ms": asdict(whole),
        "median_stage_ms": _median_stages(outcomes),
    }


def _median_stages(outcomes: Sequence[Outcome]) -> dict[str, float]:
    stages = [outcome.stages_ms or {} for outcome in outcomes]
    return {name: median(known.get(name, 0.0) for known in stages) for name in stages[0]}
