"""The runtimes of the embedder: the speed of each, and its decisions on the same comparisons.

python -m bench runtimes ../shared/data/lfw-dev --models ../shared/models/buffalo_sc

Every photograph is decoded, searched for faces and aligned once; each runtime then embeds the same aligned faces.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, get_args

import numpy as np
import typer
from numpy.typing import NDArray
from platformdirs import user_cache_path

from bench.accuracy.comparisons import compare_all
from bench.accuracy.error_rates import FloatArray, Roc
from bench.harness.options import RESULTS, Models, Results
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import Record, write
from bench.photographs.embeddings import EmbeddedFolder
from bench.photographs.folder import Photograph, find_photographs, most_central
from bench.speed.networks.own_networks import LIMITS
from vectorizer.images import decode
from vectorizer.networks.alignment import align
from vectorizer.networks.models import Engine, ModelSource
from vectorizer.networks.models import Models as Networks
from vectorizer.networks.runtimes import Runtime

Aligned = NDArray[np.uint8]


def main(
    folder: Annotated[Path, typer.Argument(help="Photographs, in a sub-folder per person.", exists=True)],
    *,
    models: Models = "opencv",
    results: Results = RESULTS,
) -> None:
    """Compare the runtimes of the embedder."""
    sources = {runtime: _source(models, runtime) for runtime in get_args(Runtime)}
    (networks,) = sources["onnxruntime"].open()
    photographs, faces = _aligned(networks, find_photographs(folder))
    embedded = {runtime: _embedded(source, faces) for runtime, source in sources.items()}
    exact = embedded["onnxruntime"][0]
    threshold = sources["onnxruntime"].embedder.thresholds.match
    record: Record = {
        "kind": "runtimes",
        "photographs": folder.resolve().name,
        "models": Path(models).resolve().name,
        "provenance": asdict(provenance("runtimes", sys.argv[1:], None, SPEED_PACKAGES)),
        "faces": len(faces),
        "threshold": threshold,
        "runtimes": {
            runtime: {"ms_per_face": milliseconds}
            | agreement(exact, embeddings)
            | _rates(photographs, embeddings, threshold)
            for runtime, (embeddings, milliseconds) in embedded.items()
        },
    }
    print(write(record, results).read_text())


def agreement(exact: FloatArray, embeddings: FloatArray) -> Record:
    """Return the least, the first percentile and the median of the cosines between rows, both (n, dimension)."""
    cosines = np.einsum("nd,nd->n", exact, embeddings)
    return {
        "least_cosine": float(cosines.min()),
        "first_percentile_cosine": float(np.quantile(cosines, 0.01)),
        "median_cosine": float(np.median(cosines)),
    }


def _source(models: str, runtime: Runtime) -> ModelSource:
    return ModelSource.find(models, user_cache_path("faceserver"), Engine(runtime=runtime))


def _aligned(networks: Networks, photographs: Sequence[Photograph]) -> tuple[list[Photograph], Aligned]:
    """Return the photographs that show a face, and their most central ones, (n, 112, 112, 3)."""
    kept, faces = [], []
    for photograph in photographs:
        image = decode(photograph.path.read_bytes(), LIMITS)
        found = networks.detector.detect(image.pixels)
        if len(found):
            labelled = most_central(found.boxes.tolist(), (image.pixels.shape[1], image.pixels.shape[0]))
            kept.append(photograph)
            faces.append(align(image.pixels, found.landmarks[labelled]))
    return kept, np.stack(faces)


def _embedded(source: ModelSource, faces: Aligned) -> tuple[FloatArray, float]:
    """Return an embedding for each face and the median time of one, milliseconds."""
    (networks,) = source.open()
    times, embeddings = [], []
    for face in faces:
        start = time.perf_counter()
        embeddings.append(networks.embedder.embed(face[None]).vectors[0])
        times.append(time.perf_counter() - start)
    return np.stack(embeddings).astype(np.float64), float(np.median(times)) * 1000


def _rates(photographs: Sequence[Photograph], embeddings: FloatArray, threshold: float) -> Record:
    folder = EmbeddedFolder(photographs, embeddings, failures={}, several_faces=0, model={})
    comparisons = compare_all(folder)
    point = Roc(comparisons.same, comparisons.similarity).at(threshold)
    return {"fmr": point.fmr, "fnmr": point.fnmr}


if __name__ == "__main__":
    typer.run(main)
