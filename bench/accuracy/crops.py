"""How much the embedding of a face differs from that of its stored crop, over the runtimes of the embedder.

python -m bench crops ../shared/data/lfw-dev --models ../shared/models/buffalo_sc --faces 500

An enrolled face has the embedding of the aligned pixels, in half precision; its crop is a JPEG file of them. The import
of a bundle embeds the crop again, perhaps with another runtime, and compares.
"""

import itertools
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, get_args

import numpy as np
import typer
from numpy.typing import NDArray
from platformdirs import user_cache_path

from bench.accuracy.error_rates import FloatArray
from bench.harness.options import RESULTS, Models, Results
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import Record, write
from bench.photographs.folder import find_photographs
from bench.speed.networks.own_networks import LIMITS
from bench.speed.networks.runtimes import agreement
from vectorizer.images import decode
from vectorizer.networks.alignment import align, encode_jpeg
from vectorizer.networks.models import Engine, ModelSource
from vectorizer.networks.models import Models as Networks
from vectorizer.networks.runtimes import Runtime
from vectorizer.pipeline import embed_aligned


def main(
    folder: Annotated[Path, typer.Argument(help="Photographs, in a sub-folder per person.", exists=True)],
    *,
    models: Models = "opencv",
    faces: Annotated[int, typer.Option(help="Maximum number of faces.")] = 500,
    results: Results = RESULTS,
) -> None:
    """Compare the embeddings of faces with those of their crops."""
    cache = user_cache_path("faceserver")
    sources = {runtime: ModelSource.find(models, cache, Engine(runtime=runtime)) for runtime in get_args(Runtime)}
    opened = {runtime: source.open()[0] for runtime, source in sources.items()}
    aligned = list(itertools.islice(_aligned(opened["onnxruntime"], folder), faces))
    crops = [encode_jpeg(face) for face in aligned]
    stored = {runtime: _of_pixels(networks, aligned) for runtime, networks in opened.items()}
    again = {runtime: _of_crops(networks, crops) for runtime, networks in opened.items()}
    pairs = {f"{kept} / {used}": agreement(stored[kept], again[used]) for kept in stored for used in again}
    record: Record = {
        "kind": "crops",
        "photographs": folder.resolve().name,
        "models": Path(models).resolve().name,
        "provenance": asdict(provenance("crops", sys.argv[1:], None, SPEED_PACKAGES)),
        "faces": len(aligned),
        "least_cosine": min(pair["least_cosine"] for pair in pairs.values()),
        "stored_by / embedded_again_by": pairs,
        "of the pixels, by runtime": {
            runtime: agreement(stored["onnxruntime"], embeddings) for runtime, embeddings in stored.items()
        },
    }
    print(write(record, results).read_text())


def _aligned(networks: Networks, folder: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield every face of the photographs, (112, 112, 3)."""
    for photograph in find_photographs(folder):
        image = decode(photograph.path.read_bytes(), LIMITS)
        for landmarks in networks.detector.detect(image.pixels).landmarks:
            yield align(image.pixels, landmarks)


def _of_pixels(networks: Networks, aligned: list[NDArray[np.uint8]]) -> FloatArray:
    """Return the embeddings as they are stored, (n, dimension)."""
    embeddings = [networks.embedder.embed(face[None]).vectors[0].astype(np.float16) for face in aligned]
    return _unit(np.stack(embeddings).astype(np.float64))


def _of_crops(networks: Networks, crops: list[bytes]) -> FloatArray:
    embeddings = [embed_aligned(networks, partial(decode, limits=LIMITS), crop).embeddings[0] for crop in crops]
    return _unit(np.stack(embeddings).astype(np.float64))


def _unit(rows: FloatArray) -> FloatArray:
    unit: FloatArray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


if __name__ == "__main__":
    typer.run(main)
