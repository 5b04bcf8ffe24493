"""The cost of a search by the size of its directory, on the embedded PostgreSQL alone, with synthetic people.

python -m bench search --data /srv/search-bench --sizes 1000,10000,100000

Galleries stay in the data folder, so that a later run need not load them again.
"""

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from platformdirs import user_cache_path

from apiserver.biometrics.model import Tail
from bench.documents.search_plot import draw
from bench.harness.options import DATA, RESULTS
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import write
from bench.photographs.real_embeddings import real_embeddings
from bench.search.cost import Asked, measure
from bench.search.galleries import GalleryOf, connect, is_loaded, load
from bench.search.people import Population
from bench.search.server import embedded_database
from vectorizer.networks.models import ModelSource

MODELS = Path("../shared/models/buffalo_sc")
LOADING = 2
"""Connections that load faces at the same time."""
NAMES = {1_000: "thousand", 10_000: "middle", 100_000: "large", 1_000_000: "million"}


def gallery(count: int, photographs: int) -> GalleryOf:
    """Return the gallery with this number of people, the same in every run."""
    name = NAMES.get(count, f"{count} people")
    seed = list(NAMES).index(count) + 1 if count in NAMES else count
    return GalleryOf(name if photographs == 1 else f"{name}, {photographs} each", count, photographs, seed)


def main(
    data: Annotated[Path, typer.Option(help="Folder of the database; kept.")],
    *,
    sizes: Annotated[str, typer.Option(help="People in the galleries, separated by commas.")] = "1000,10000,100000",
    photographs: Annotated[int, typer.Option(help="Photographs of each person.", min=1)] = 1,
    small: Annotated[int, typer.Option(help="Number of additional directories of 100 people.", min=0)] = 0,
    probes: Annotated[int, typer.Option(help="Searches of each measurement.", min=1)] = 200,
    build_up_to: Annotated[
        int, typer.Option(help="Build the indexes of galleries of up to this number of people.")
    ] = 10**6,
    cache_bytes: Annotated[int, typer.Option(help="Memory for codes; 0: directories get graphs.", min=0)] = 2**28,
    name: Annotated[str, typer.Option(help="Name of the record.")] = "synthetic",
    models: Annotated[
        Path, typer.Option(help="Model whose embeddings the synthetic ones resemble.", exists=True)
    ] = MODELS,
    results: Annotated[Path, typer.Option(help="Folder of the JSON file.")] = RESULTS,
) -> None:
    """Load galleries, search them each way, and write and draw the record."""
    embeddings, people = real_embeddings(DATA / "lfw-dev", models, data)
    population = Population.of(embeddings, people)
    galleries = [gallery(int(count), photographs) for count in sizes.split(",")]
    asked = Asked(probes=probes, build_up_to=build_up_to, small=small, tail=tail_of(models), cache_bytes=cache_bytes)
    measured = asyncio.run(_measure(data.resolve(), galleries, population, asked))
    record = {
        "kind": "search",
        "photographs": name,
        "models": models.resolve().name,
        "provenance": asdict(provenance("search", sys.argv[1:], None, SPEED_PACKAGES)),
        "similarities": {"real": _similarities(embeddings, people), "synthetic": _synthetic(population, people)},
        **measured,
    }
    path = write(record, results)
    draw(path, Path("docs/plots") / f"{path.stem}.svg")
    print(path.read_text())


async def _measure(folder: Path, galleries: list[GalleryOf], population: Population, asked: Asked) -> dict[str, object]:
    async with embedded_database(folder) as dsn:
        connections = [await connect(dsn) for _ in range(LOADING)]
        small = [GalleryOf(f"small {number}", 100, 1, seed=10**7 + number) for number in range(asked.small)]
        loads = {}
        for one in [*galleries, *small]:
            if not await is_loaded(connections[0], one):
                loads[one.directory] = one.faces / await load(connections, one, population)
        await connections[0].execute("VACUUM (ANALYZE) faces, persons, images")
        loaded = {directory: rate for directory, rate in loads.items() if not directory.startswith("small")}
        measured = await measure(dsn, galleries, small, population, asked)
        for connection in connections:
            await connection.close()
    return {"faces_loaded_a_second": loaded, **measured}


def tail_of(models: Path) -> Tail:
    """Return the tail of the model's impostor scores."""
    embedder = ModelSource.find(str(models), user_cache_path("faceserver")).embedder
    return Tail(**embedder.tail.model_dump())


def _similarities(embeddings: np.ndarray, people: list[str]) -> dict[str, float]:
    """How similar pairs are: mean and deviation of one person's, and what one in a thousand of two people's exceeds."""
    cosines = embeddings @ embeddings.T
    upper = np.triu_indices(len(embeddings), 1)
    same = np.equal.outer(people, people)[upper]
    genuine, impostor = cosines[upper][same], cosines[upper][~same]
    return {
        "genuine_mean": float(genuine.mean()),
        "genuine_deviation": float(genuine.std()),
        "impostor_deviation": float(impostor.std()),
        "impostor_0.999": float(np.quantile(impostor, 0.999)),
    }


def _synthetic(population: Population, people: list[str]) -> dict[str, float]:
    rng = np.random.default_rng(1)
    _, counts = np.unique(people, return_counts=True)
    persons = np.repeat(np.arange(len(counts)), counts)
    return _similarities(population.photographs(rng, population.people(rng, len(counts))[persons]), list(persons))


if __name__ == "__main__":
    typer.run(main)
