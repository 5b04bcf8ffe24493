"""Both networks on an NVIDIA GPU, by precision and batch size.

python -m bench gpu --models ../shared/models/buffalo_sc

The files and sessions are the vectorizer's own: CUDA in fp32 and fp16, and TensorRT. Unavailable modes are
reported as missing, and never measured on the CPU instead.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from platformdirs import user_cache_path

from bench.harness.options import DATA, RESULTS, ArcFaceFolder, Data, Results
from bench.harness.processes import gpu_memory_mb
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import write
from bench.photographs.sets import read_set
from bench.speed.networks.plain_networks import Floats, PlainNetworks, embedder_input
from vectorizer.networks.models import Engine, ModelSource
from vectorizer.networks.sessions import OnnxSession, Session
from vectorizer.problems import ProviderUnavailable

DETECTOR_SIZE = 640
WARM_UP_RUNS = 3
ENGINES = {
    "fp32": Engine(provider="cuda", batch=64),
    "fp16": Engine(provider="cuda", precision="fp16", batch=64),
    "tensorrt": Engine(provider="tensorrt", batch=64),
    "cpu": Engine(batch=64),
}
"""`cpu` is for a trial without a GPU."""


@dataclass(frozen=True)
class Speed:
    """One network in one mode with one batch size.

    least_cosine: of an embedding with the same face's from the CPU in fp32; None for the detector.
    """

    network: str
    mode: str
    batch: int
    ms_per_item: float
    items_per_second: float
    least_cosine: float | None
    gpu_memory_mb: float | None


def main(
    *,
    models: ArcFaceFolder,
    mode: Annotated[list[str] | None, typer.Option(help="Repeatable. [default: fp32, fp16, tensorrt]")] = None,
    batch: Annotated[list[int] | None, typer.Option(help="Repeatable. [default: 1, 4, 16, 64]", min=1, max=64)] = None,
    seconds: Annotated[float, typer.Option(help="For each network, mode and batch size.", min=0.01)] = 2,
    data: Data = DATA,
    results: Results = RESULTS,
) -> None:
    """Measure detector and embedder separately."""
    batches = batch or [1, 4, 16, 64]
    faces = aligned_faces(models, data, max(batches))
    cache, modes = user_cache_path("faceserver"), mode or ["fp32", "fp16", "tensorrt"]
    speeds, missing = measure_modes(models, cache, modes, batches=batches, faces=faces, seconds=seconds)
    record = {
        "kind": "gpu",
        "photographs": "lfw",
        "models": models.resolve().name,
        "provenance": asdict(provenance("gpu", sys.argv[1:], None, SPEED_PACKAGES)),
        "gpu": gpu_name(),
        "detector_size": DETECTOR_SIZE,
        "missing": missing,
        "speeds": [asdict(speed) for speed in speeds],
    }
    print(write(record, results).read_text())


def aligned_faces(models: Path, data: Path, number: int) -> Floats:
    """Return (number, 3, 112, 112) inputs of the embedder, from real photographs."""
    plain, photographs = PlainNetworks(models, 320), read_set("lfw", data)[:number]
    faces = list(chain.from_iterable(map(plain.faces, photographs)))[:number]
    return np.concatenate([embedder_input(face) for face in faces])


def measure_modes(
    models: Path, cache: Path, modes: Sequence[str], *, batches: Sequence[int], faces: Floats, seconds: float
) -> tuple[list[Speed], dict[str, str]]:
    """Return the speeds of the available modes, and why the others are unavailable."""
    speeds: list[Speed] = []
    missing: dict[str, str] = {}
    for mode in modes:
        try:
            speeds += measure(models, cache, mode, batches=batches, faces=faces, seconds=seconds)
        except ProviderUnavailable as problem:
            missing[mode] = str(problem)
    return speeds, missing


def measure(
    models: Path, cache: Path, mode: str, *, batches: Sequence[int], faces: Floats, seconds: float
) -> Iterator[Speed]:
    """Measure both networks in one mode. Raises ProviderUnavailable if they would run elsewhere.

    The detector gets noise, which takes as long as photographs: decoding its output is not measured.
    """
    source = ModelSource.find(str(models), cache, ENGINES[mode])
    detector = OnnxSession(source.detector_path, source.engine.provider)
    embedder = OnnxSession(source.embedder_path, source.engine.provider)
    exact = OnnxSession(ModelSource.find(str(models), cache, ENGINES["cpu"]).embedder_path)
    for batch in batches:
        noise = np.random.default_rng(0).uniform(-1, 1, (batch, 3, DETECTOR_SIZE, DETECTOR_SIZE)).astype(np.float32)
        yield _speed("detector", mode, batch, seconds_a_run(detector, noise, seconds), None)
        took = seconds_a_run(embedder, faces[:batch], seconds)
        cosine = least_cosine(embedder.run(faces[:batch])[0], exact.run(faces[:batch])[0])
        yield _speed("embedder", mode, batch, took, cosine)


def seconds_a_run(session: Session, batch: Floats, seconds: float) -> float:
    """Return how long a run takes on average over `seconds`, after some that do not count."""
    for _ in range(WARM_UP_RUNS):
        session.run(batch)
    runs, start = 0, time.perf_counter()
    while runs == 0 or time.perf_counter() < start + seconds:
        session.run(batch)
        runs += 1
    return (time.perf_counter() - start) / runs


def least_cosine(ones: Floats, others: Floats) -> float:
    """Return the least cosine of two vectors in the same row of two (n, dimension) arrays."""
    products = (ones * others).sum(axis=1)
    return float((products / np.linalg.norm(ones, axis=1) / np.linalg.norm(others, axis=1)).min())


def gpu_name() -> str | None:
    """Return name and driver of the GPU, None without a GPU."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return None
    query = [command, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    return subprocess.run(query, check=True, capture_output=True, text=True).stdout.strip()


def _speed(network: str, mode: str, batch: int, seconds: float, cosine: float | None) -> Speed:
    return Speed(network, mode, batch, 1000 * seconds / batch, batch / seconds, cosine, gpu_memory_mb())


if __name__ == "__main__":
    typer.run(main)
