"""Fit the tail of a model's impostor scores, and measure whether galleries keep the requested rates.

    python -m bench open-set FOLDER --vectorizer URL

The folder holds a sub-folder per person. Writes one JSON file.
"""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import httpx
import numpy as np
import typer

from apiserver.biometrics.model import Tail
from apiserver.biometrics.open_set import thresholds_at
from bench.accuracy.error_rates import FloatArray
from bench.accuracy.impostor_tail import People, fit_tail, genuine_scores, impostor_scores
from bench.accuracy.real_galleries import REAL_SIZES, comparisons_of_samples, search_real_people
from bench.accuracy.stranger_rates import Rates
from bench.accuracy.synthetic_galleries import resemblance, search_synthetic_people
from bench.harness.options import RESULTS, Results
from bench.harness.provenance import provenance
from bench.harness.records import Record, write
from bench.photographs.embeddings import EmbeddedFolder, embed_folder
from bench.photographs.folder import find_photographs
from bench.photographs.synthetic_embeddings import SyntheticPeople

TIMEOUT_SECONDS = 60
SHOWN_FPIRS = (0.01, 0.001, 0.0001)
SHOWN_FACES = (100, 1_000, 10_000, 100_000)
SAMPLES = (2, 3, 5)


def main(
    folder: Annotated[Path, typer.Argument(help="Photographs, in a sub-folder per person.", exists=True)],
    *,
    vectorizer: Annotated[str, typer.Option(help="The vectorizer's address.")] = "http://127.0.0.1:8081",
    secret: Annotated[str, typer.Option(envvar="VECTORIZER_SECRET", help="The vectorizer's secret.")] = "",
    leave_out: Annotated[
        list[str] | None, typer.Option(help="Sub-folder to exclude, for example one with somebody else's photograph.")
    ] = None,
    results: Results = RESULTS,
    concurrency: Annotated[int, typer.Option(help="Requests at a time.", min=1)] = 2,
) -> None:
    """Measure FPIR and FNIR on people that the thresholds were not fitted on."""
    photographs = [one for one in find_photographs(folder) if one.person and one.person not in (leave_out or [])]
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    with httpx.Client(base_url=vectorizer, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        origin = provenance("open-set", sys.argv[1:], client, ("numpy", "scipy", "scikit-learn"))
        embedded = embed_folder(client, photographs, concurrency)
    embeddings, people = usable(embedded)
    record: Record = {
        "kind": "open_set",
        "photographs": folder.resolve().name,
        "models": str(embedded.model["id"]).partition("@")[0],
        "provenance": asdict(origin),
        "left_out": leave_out or [],
    }
    print(write(record | measure(embeddings, people), results).read_text())


def usable(embedded: EmbeddedFolder) -> tuple[FloatArray, People]:
    """Return the embeddings of the photographs that have one, and an index of the person on each."""
    found = ~np.isnan(embedded.embeddings[:, 0])
    names = np.array([photograph.person for photograph in embedded.photographs])[found]
    return embedded.embeddings[found], np.unique(names, return_inverse=True)[1]


def measure(embeddings: FloatArray, people: People) -> Record:
    """Return the part of the record about the model and the people."""
    scores = impostor_scores(embeddings, people)
    tail = fit_tail(scores)
    first, second = halves(people)
    populations = [_population(embeddings, people, half) for half in (first, second)]
    return {
        "people": len(np.unique(people)),
        "files": len(people),
        "impostor_pairs": len(scores),
        "tail": asdict(tail),
        "comparisons_of_samples": {str(count): comparisons_of_samples(embeddings, people, count) for count in SAMPLES},
        "thresholds": list(thresholds(tail)),
        "real": [asdict(rates) for size in REAL_SIZES for rates in search_real_people(embeddings, people, size, size)],
        "synthetic": [
            asdict(rates)
            for population, other in zip(populations, (second, first), strict=True)
            for rates in _searched(embeddings, people, population, other)
        ],
        "resemblance": resemblance(populations[0], _fit_half(embeddings, people, first)[1]),
    }


def halves(people: People) -> tuple[People, People]:
    """Return two halves of the people."""
    order = np.random.default_rng(0).permutation(np.unique(people))
    return order[: len(order) // 2], order[len(order) // 2 :]


def _population(embeddings: FloatArray, people: People, half: People) -> SyntheticPeople:
    return SyntheticPeople.like(embeddings[np.isin(people, half)], _fit_half(embeddings, people, half)[1])


def _searched(embeddings: FloatArray, people: People, population: SyntheticPeople, other: People) -> list[Rates]:
    """Search among people made from one half at thresholds from the other."""
    tail, _, cosines = _fit_half(embeddings, people, other)
    return search_synthetic_people(population, tail, cosines, len(other))


def _fit_half(embeddings: FloatArray, people: People, half: People) -> tuple[Tail, FloatArray, FloatArray]:
    """Return the tail, the impostor and the genuine scores of some of the people."""
    chosen = np.isin(people, half)
    scores = impostor_scores(embeddings[chosen], people[chosen])
    return fit_tail(scores), scores, genuine_scores(embeddings[chosen], people[chosen])


def thresholds(tail: Tail) -> Iterable[Record]:
    """Yield the thresholds for a table of rates and sizes."""
    for fpir in SHOWN_FPIRS:
        for faces in SHOWN_FACES:
            yield {"fpir": fpir, "faces": faces} | asdict(thresholds_at(tail, fpir, faces))


if __name__ == "__main__":
    typer.run(main)
