"""Fit recognizability for the vectorizer's embedder.

    python -m bench recognizability-fit ../shared/data/lfw-dev --models opencv

Photographs are damaged in many ways. A face is recognizable if it matches the undamaged photograph of the same person,
and no stranger's with the same damage. The model is fitted on a part of the people and its scale on others, so that
the value is the chance. Writes the file next to the manifest, and prints the manifest's line.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from platformdirs import user_cache_path
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bench.accuracy.error_rates import BoolArray
from bench.harness.options import DATA, Models
from bench.photographs.damage.kinds import FAMILIES
from bench.photographs.folder import find_photographs
from bench.recognizability.genuine import GenuinePairs
from bench.recognizability.grid import Grid, judge
from bench.recognizability.looks import EVERY_KIND, LOOKS, Looker, Looks, OnlySeen, people_of
from vectorizer.networks.models import ModelSource
from vectorizer.networks.recognizability import Recognizability, signs

CENTRES = 64
PEOPLE = 150
"""How many people are used: the model is fitted on three fifths of them, the scale of its values on the others."""

MAX_COST = 0.0033
"""What the floor may add to the FNMR on undamaged photographs."""

_WEAK = 0.8
"""Centres are those of faces whose cosine with the undamaged photograph is below this share of the threshold."""

_REGULARIZATION = 0.01
_WEIGHT_OF_UNDAMAGED = 10.0
_WEIGHT_OF_MILD = 20.0
_WEIGHT_OF_EVERYDAY = 80.0
_WEIGHT_OF_CONFUSED = 4.0
"""Of a face that a stranger matches: to refuse these is the purpose."""

EVERYDAY = ("[0-9]*.jpg", "t1.jpg", "oscar2*", "selfie_faceonnx*")
"""Photographs of people as telephones take them; the others of their folder show masks, drawings and crowds."""

_MORE_CERTAIN = 0.2
"""How much the score of their faces must be above the detector's threshold."""

_MARGIN = 0.95
"""The floor's share of the lowest value of an everyday photograph, which may be compressed again."""

Everyday = Annotated[Path, typer.Option(help="Everyday photographs.", exists=True)]

_PACKS = Path("vectorizer/packs")


def fit(grid: Grid, undamaged: Looks, everyday: Looks) -> Recognizability:
    """Fit to the people of `grid`, to undamaged photographs like theirs, and to other good ones."""
    weak = grid.looks.vectors[grid.rows[grid.found & (grid.own < _WEAK * grid.threshold)]]
    centres = KMeans(CENTRES, n_init=3, random_state=0).fit(weak).cluster_centers_
    # Stored in half precision, so they are fitted with it.
    centres = (centres / np.linalg.norm(centres, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)
    shown = Looks.joined([grid.looks.pick(grid.shown), undamaged, everyday])
    values = signs(shown.pixels, shown.scores, shown.embedded, centres)
    target = np.concatenate([recognizable(grid), np.ones(len(undamaged) + len(everyday), bool)])
    mild = np.array([kind in FAMILIES["mild"] for kind in grid.kinds])
    weight = np.where(mild, _WEIGHT_OF_MILD, np.where(grid.strangers > 0, _WEIGHT_OF_CONFUSED, 1))
    good = np.full(len(undamaged), _WEIGHT_OF_UNDAMAGED), np.full(len(everyday), _WEIGHT_OF_EVERYDAY)
    weights = np.concatenate([weight[grid.found], *good])
    scaler = StandardScaler().fit(values)
    model = LogisticRegression(C=_REGULARIZATION, max_iter=500)
    model.fit(scaler.transform(values), target, sample_weight=weights)
    slopes = model.coef_[0] / scaler.scale_
    intercept = float(model.intercept_[0] - slopes @ scaler.mean_)
    return Recognizability(centres, slopes.astype(np.float32), intercept)


def calibrated(recognizability: Recognizability, grid: Grid) -> Recognizability:
    """Return it with the scale on which the value is the chance for the people of `grid` (Platt, 1999)."""
    chances = grid.recognizabilities(recognizability)[grid.found].clip(1e-9, 1 - 1e-9)
    evidence = np.log(chances / (1 - chances))[:, None]
    scale = LogisticRegression(C=1e6).fit(evidence, recognizable(grid))
    slope, shift = float(scale.coef_[0, 0]), float(scale.intercept_[0])
    return Recognizability(
        recognizability.centres, recognizability.weights * np.float32(slope), recognizability.intercept * slope + shift
    )


def recognizable(grid: Grid) -> BoolArray:
    """Return, for each face that was found, whether it matches its own undamaged photograph and no stranger's."""
    target: BoolArray = (grid.own >= grid.threshold)[grid.found] & (grid.strangers == 0)[grid.found]
    return target


def split(people: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the people that the model is fitted on, and all others; the order of the people is random already."""
    number = np.arange(people)
    fitted = (number < PEOPLE) & (number % 5 < 3)
    return np.flatnonzero(fitted), np.flatnonzero(~fitted)


@dataclass(frozen=True)
class Material:
    """What a model is fitted and its floor chosen with.

    good: undamaged photographs like those of the people in `grid`. everyday: faces of other ones. undamaged, pairs: all
    undamaged photographs, and the pairs of one person among them.
    """

    grid: Grid
    good: Looks
    everyday: Looks
    undamaged: Looks
    pairs: GenuinePairs

    @classmethod
    def seen(cls, looker: Looker, source: ModelSource, folder: Path, everyday: Path) -> "Material":
        """Look at everything, as far as the cache does not have it."""
        threshold = source.embedder.thresholds.match
        people = list(looker.damaged(people_of(folder), EVERY_KIND, PEOPLE))
        undamaged = looker.undamaged(folder)
        return cls(
            Grid.of(people, list(EVERY_KIND), threshold),
            # Every second photograph, so that the floor is not chosen on the photographs of the fit alone.
            undamaged.pick(undamaged.found & (np.arange(len(undamaged)) % 2 == 0)),
            looker.larger_faces(everyday, EVERYDAY, source.detector.score_threshold + _MORE_CERTAIN),
            undamaged,
            GenuinePairs.of(find_photographs(folder), undamaged, threshold),
        )

    def without(self, kinds: Collection[str]) -> "Material":
        """Leave kinds of damage out."""
        return replace(self, grid=self.grid.without(kinds))

    def model(self) -> tuple[Recognizability, float]:
        """Fit and calibrate a model; return it and its floor."""
        fitted, others = split(len(self.grid.rows))
        model = calibrated(fit(self.grid.people(fitted), self.good, self.everyday), self.grid.people(others))
        values = np.where(self.undamaged.found, judge(model, self.undamaged), 0)
        floor = min(self.pairs.floor_at_cost(values, MAX_COST), _MARGIN * float(judge(model, self.everyday).min()))
        return model, float(np.floor(1000 * floor) / 1000)


def main(
    folder: Annotated[Path, typer.Argument(help="Photographs, in a sub-folder per person.", exists=True)],
    *,
    models: Models = "opencv",
    everyday: Everyday = DATA / "photos",
    cache: Annotated[Path, typer.Option(help="Folder for what was seen.")] = LOOKS,
    only_seen: OnlySeen = False,
    packs: Annotated[Path, typer.Option(help="Folder of the manifest.", exists=True)] = _PACKS,
) -> None:
    """Fit, calibrate and write the model; print its line of the manifest."""
    source = ModelSource.find(models, user_cache_path("faceserver"))
    embedder = source.embedder
    looker = Looker(source.open()[0], embedder.dimension, cache / embedder.name, only_seen=only_seen)
    model, floor = Material.seen(looker, source, folder, everyday).model()
    name = f"{embedder.name}.npz"
    write(model, packs / name)
    print(f'recognizability = {{ file = "{name}", floor = {floor:.3f} }}')


def write(model: Recognizability, path: Path) -> None:
    """Write the file that `Recognizability.read` reads."""
    np.savez_compressed(
        path, centres=model.centres.astype(np.float16), weights=model.weights, intercept=np.float32(model.intercept)
    )


if __name__ == "__main__":
    typer.run(main)
