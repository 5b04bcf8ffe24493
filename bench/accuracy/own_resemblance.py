"""Measure how often a person's photograph, and a stranger's, is called unlike the person's other ones.

    python -m bench unlike FOLDER --vectorizer URL

The folder holds a sub-folder per person. Writes one JSON file.
"""

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import httpx
import numpy as np
import typer

from apiserver.biometrics.model import Tail
from apiserver.biometrics.open_set import likeness_limit, likeness_rank
from bench.accuracy.error_rates import FloatArray
from bench.accuracy.impostor_tail import People
from bench.accuracy.open_set import TIMEOUT_SECONDS, usable
from bench.harness.options import RESULTS, Results
from bench.harness.provenance import provenance
from bench.harness.records import Record, write
from bench.photographs.embeddings import embed_folder
from bench.photographs.folder import find_photographs

OWN = (1, 2, 3, 5, 10)
"""Enrolled photographs of a person."""

ROUNDS = 20


@dataclass(frozen=True)
class Warned:
    """Photographs that were compared with `own` ones of a person, and the shares that are unlike them.

    second_warned: that of a stranger's photographs if one of the `own` ones is another photograph of that stranger.
    """

    own: int
    limit: float
    persons: int
    genuine: int
    genuine_warned: float
    strangers: int
    strangers_warned: float
    second_warned: float


def main(
    folder: Annotated[Path, typer.Argument(help="Photographs, in a sub-folder per person.", exists=True)],
    *,
    vectorizer: Annotated[str, typer.Option(help="The vectorizer's address.")] = "http://127.0.0.1:8081",
    secret: Annotated[str, typer.Option(envvar="VECTORIZER_SECRET", help="The vectorizer's secret.")] = "",
    results: Results = RESULTS,
    concurrency: Annotated[int, typer.Option(help="Requests at a time.", min=1)] = 2,
) -> None:
    """Compare every photograph with random ones of its own person, and with those of every other one."""
    photographs = [one for one in find_photographs(folder) if one.person]
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    with httpx.Client(base_url=vectorizer, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        origin = provenance("unlike", sys.argv[1:], client, ("numpy",))
        embedded = embed_folder(client, photographs, concurrency)
    embeddings, people = usable(embedded)
    record: Record = {
        "kind": "unlike_own",
        "photographs": folder.resolve().name,
        "models": str(embedded.model["id"]).partition("@")[0],
        "provenance": asdict(origin),
        "people": len(np.unique(people)),
        "files": len(people),
        "warned": [asdict(each) for each in measure(embeddings, people, Tail(**embedded.model["tail"]))],
    }
    print(write(record, results).read_text())


def measure(embeddings: FloatArray, people: People, tail: Tail) -> Iterator[Warned]:
    """Yield the rates for each number of enrolled photographs, people with fewer than one more left out."""
    random, similarity = np.random.default_rng(0), embeddings @ embeddings.T
    for own in OWN:
        persons, limit, rank = np.flatnonzero(np.bincount(people) > own), likeness_limit(tail, own), likeness_rank(own)
        if not len(persons):
            return
        genuine, strangers, second = [], [], []
        for person in np.tile(persons, ROUNDS):
            photographs = random.permutation(np.flatnonzero(people == person))
            reached = np.sort(similarity[photographs[:own]], axis=0)[own - rank]
            genuine.append(reached[photographs[own:]] < limit)
            strangers.append(reached[people != person] < limit)
            first, another = _two_of_a_stranger(people, person, random)
            mixed = similarity[another, np.append(photographs[: own - 1], first)]
            second.append(np.sort(mixed)[own - rank] < limit)
        yield Warned(
            own=own,
            limit=limit,
            persons=len(persons),
            genuine=sum(map(len, genuine)),
            genuine_warned=float(np.mean(np.concatenate(genuine))),
            strangers=sum(map(len, strangers)),
            strangers_warned=float(np.mean(np.concatenate(strangers))),
            second_warned=float(np.mean(second)),
        )


def _two_of_a_stranger(people: People, person: int, random: np.random.Generator) -> People:
    """Return two photographs of a random other person."""
    several = np.flatnonzero(np.bincount(people) > 1)
    stranger = random.choice(several[several != person])
    return random.permutation(np.flatnonzero(people == stranger))[:2]


if __name__ == "__main__":
    typer.run(main)
