"""The memory of the processes over many photographs of all sizes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from bench.harness.loaded import closed
from bench.harness.outcomes import Summary
from bench.harness.processes import gpu_memory_mb, memory_mb, usages
from bench.harness.records import Record
from bench.harness.stack import RunningStack
from bench.harness.uploads import recognitions

SAMPLE_IMAGES = 1000
SETTLED_SHARE = 0.2
"""The share of the photographs after which memory should no longer grow."""


@dataclass(frozen=True)
class Sample:
    """Memory after a number of photographs, megabytes."""

    images: int
    memory_mb: dict[str, float]
    gpu_memory_mb: float | None
    failures: dict[str, int]


def measure_soak(stack: RunningStack, images: Sequence[bytes], *, total_images: int, concurrency: int) -> Record:
    """Send `total_images` photographs, sampling memory after every thousand."""
    uploads = recognitions(images)
    samples = []
    for sent in range(0, total_images, SAMPLE_IMAGES):
        load = closed(stack, islice(uploads, min(SAMPLE_IMAGES, total_images - sent)), concurrency, float("inf"))
        samples.append(_sample(stack, sent + load.summary.sent, load.summary))
    return {"concurrency": concurrency, "growth": growth(samples), "samples": [asdict(sample) for sample in samples]}


def growth(samples: Sequence[Sample]) -> dict[str, float]:
    """Return each process's memory at the end, as a multiple of that after a fifth of the photographs."""
    last = samples[-1]
    settled = next(sample for sample in samples if sample.images >= SETTLED_SHARE * last.images)
    return {name: memory / settled.memory_mb[name] for name, memory in last.memory_mb.items()}


def _sample(stack: RunningStack, images: int, summary: Summary) -> Sample:
    refused = {f"503 {code}": refusals.count for code, refusals in summary.refusals.items()}
    return Sample(images, memory_mb(usages(stack.supervisor)), gpu_memory_mb(), summary.failures | refused)
