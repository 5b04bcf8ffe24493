"""FMR by kind of damage with and without the floor of recognizability, and what the floor costs.

    python -m bench recognizability ../shared/data/lfw-dev --models opencv --ordinary ../shared/data/deepface-pairs

One photograph of each person is damaged, of some people in every way and of all others in the principal ways, and all
pairs of people are compared. What was seen is kept, so that an interrupted run continues, and a new model is judged in
seconds.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from platformdirs import user_cache_path

from bench.accuracy.error_rates import FloatArray
from bench.harness.options import DATA, RESULTS, Models, Results
from bench.harness.provenance import provenance
from bench.harness.records import Record, write
from bench.photographs.damage.kinds import FAMILIES
from bench.photographs.folder import find_photographs
from bench.recognizability.fitting import PEOPLE, Everyday, Material, recognizable, split
from bench.recognizability.genuine import GenuinePairs
from bench.recognizability.grid import Grid, judge
from bench.recognizability.looks import (
    EVERY_KIND,
    LOOKS,
    PRINCIPAL_KINDS,
    UPRIGHTED,
    WHOLE,
    Looker,
    Looks,
    OnlySeen,
    people_of,
)
from bench.recognizability.rates import KindRates, reliability
from vectorizer.networks.models import ModelSource
from vectorizer.networks.recognizability import Recognizability

_PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless", "pillow")
COSTS = (0.0, 0.001, 0.002, 0.0035, 0.005, 0.01)
"""Rises of the FNMR; the highest floor of each is stated, and that of the manifest."""


def main(
    folder: Annotated[Path, typer.Argument(help="Photographs, in a sub-folder per person.", exists=True)],
    *,
    models: Models = "opencv",
    ordinary: Annotated[
        list[Path] | None, typer.Option(help="Further photographs of good quality, to count refused ones.")
    ] = None,
    everyday: Everyday = DATA / "photos",
    people: Annotated[
        int, typer.Option(help="Number of people looked at with every kind; all others with the principal kinds.")
    ] = PEOPLE,
    only_seen: OnlySeen = False,
    cache: Annotated[Path, typer.Option(help="Folder for what was seen.")] = LOOKS,
    results: Results = RESULTS,
) -> None:
    """Judge the recognizability of a pack's embedder."""
    source = ModelSource.find(models, user_cache_path("faceserver"))
    embedder, (networks,) = source.embedder, source.open()
    if embedder.recognizability is None or networks.recognizability is None:
        raise typer.BadParameter(f"The recognizability of {embedder.name} was not fitted.")
    looker = Looker(networks, embedder.dimension, cache / embedder.name, only_seen=only_seen)
    kinds = EVERY_KIND | UPRIGHTED
    seen = list(looker.damaged(people_of(folder), kinds, people, PRINCIPAL_KINDS))
    grid = Grid.of(seen, list(kinds), embedder.thresholds.match)
    floor, model = embedder.recognizability.floor, networks.recognizability
    undamaged = looker.undamaged(folder)
    pairs = GenuinePairs.of(find_photographs(folder), undamaged, embedder.thresholds.match)
    values = _values(model, undamaged)
    record: Record = {
        "kind": "recognizability",
        "photographs": folder.resolve().name,
        "models": embedder.name,
        "provenance": asdict(provenance("recognizability", sys.argv[1:], None, _PACKAGES)),
        "threshold": embedder.thresholds.match,
        "floor": floor,
        "people": len(grid.rows),
        "fitted_people": len(split(len(grid.rows))[0]),
        "kinds": by_kind(grid, model, floor),
        "unseen_people": by_kind(unseen := grid.people(split(min(people, len(grid.rows)))[1]), model, floor),
        "reliability": reliability(judge(model, unseen.looks.pick(unseen.shown)), recognizable(unseen).astype(float)),
        "ordinary": {
            "pairs": len(pairs.cosines),
            "fnmr_without": pairs.fnmr(values, 0),
            "fnmr": pairs.fnmr(values, floor),
            "refused": {
                each.resolve().name: _refused(model, looker.undamaged(each), floor)
                for each in (folder, *(ordinary or ()))
            },
        },
        "left_out": left_out(Material.seen(looker, source, folder, everyday), unseen, model, floor),
        "floors": [
            _floor(grid, model, pairs, values, each)
            for each in sorted({floor, *(pairs.floor_at_cost(values, cost) for cost in COSTS)})
        ],
    }
    print(write(record, results).read_text())


def by_kind(grid: Grid, model: Recognizability, floor: float) -> Record:
    """Return the rates of every kind, in the order of the families."""
    values = grid.recognizabilities(model)
    rates = {name: KindRates.of(grid, kind, values, floor) for kind, name in enumerate(grid.kinds)}
    return {
        family: {name: rates[name].record() for name in names if rates[name].pairs}
        for family, names in {"none": [WHOLE], **FAMILIES, "turned upright": UPRIGHTED}.items()
    }


def left_out(material: Material, unseen: Grid, model: Recognizability, floor: float) -> list[Record]:
    """Return how well kinds of damage are judged that the model was not fitted to, a quarter of the families in turn.

    The people are those that were not fitted either. `fitted` is the result of the usual model on the same faces.
    """
    rows = []
    for quarter in range(4):
        families = [name for name in FAMILIES if name != "mild"][quarter::4]
        kinds = {kind for family in families for kind in FAMILIES[family]}
        other, other_floor = material.without(kinds).model()
        left = unseen.without(set(unseen.kinds) - kinds - {WHOLE})
        rows.append(
            {
                "families": families,
                "kinds": len(kinds),
                **_together(left, other, other_floor),
                "fitted": _together(left, model, floor),
            }
        )
    return rows


def _together(grid: Grid, model: Recognizability, floor: float) -> Record:
    """Return the rates of all kinds of damage of a grid as if they were one."""
    values = grid.recognizabilities(model)
    rates = [KindRates.of(grid, kind, values, floor) for kind, name in enumerate(grid.kinds) if name != WHOLE]
    pairs = sum(rate.pairs for rate in rates)
    return {
        "pairs": pairs,
        "fmr_without": sum(rate.false_matches for rate in rates) / pairs,
        "fmr": sum(rate.false_matches_kept for rate in rates) / pairs,
        "own_kept": sum(rate.own_kept * rate.people for rate in rates) / sum(rate.own * rate.people for rate in rates),
    }


def _floor(grid: Grid, model: Recognizability, pairs: GenuinePairs, values: FloatArray, floor: float) -> Record:
    """Return what a floor costs, and what it does."""
    rates = [row for family in by_kind(grid, model, floor).values() for row in family.values()]
    return {
        "cost": pairs.fnmr(values, floor) - pairs.fnmr(values, 0),
        "floor": floor,
        "mean_fmr": float(np.mean([row["fmr"] for row in rates])),
        "highest_fmr": max(row["fmr"] for row in rates),
        "kinds_above_1e-4": sum(row["fmr"] > 1e-4 for row in rates),
        "own_kept": sum(row["own"] * row["people"] for row in rates) / _own(rates),
    }


def _own(rates: Sequence[Record]) -> float:
    return float(sum(row["own_without"] * row["people"] for row in rates))


def _refused(model: Recognizability, looks: Looks, floor: float) -> Record:
    return {"photographs": len(looks), "refused": int((_values(model, looks)[looks.found] < floor).sum())}


def _values(model: Recognizability, looks: Looks) -> FloatArray:
    values: FloatArray = np.where(looks.found, judge(model, looks), 0)
    return values


if __name__ == "__main__":
    typer.run(main)
