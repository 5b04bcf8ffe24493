"""What the vectorizer says about people's photographs, undamaged and with every kind of damage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated, Any, ClassVar, Self

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from platformdirs import user_cache_path

from bench.accuracy.error_rates import BoolArray
from bench.photographs.damage.kinds import FAMILIES, KINDS, PRINCIPAL
from bench.photographs.damage.scene import Damage, Scene
from bench.photographs.degraded import Pixels
from bench.photographs.folder import Photograph, by_person, find_photographs, most_central
from bench.speed.networks.own_networks import LIMITS
from vectorizer.images import decode
from vectorizer.networks.alignment import align
from vectorizer.networks.detection import Detections
from vectorizer.networks.embedding import Embeddings
from vectorizer.networks.models import Models
from vectorizer.networks.orientation import Orientation
from vectorizer.networks.picture import Picture
from vectorizer.networks.recognizability import pixel_signs
from vectorizer.networks.tiles import Detail

Float32Array = NDArray[np.float32]

LOOKS = user_cache_path("faceserver") / "looks"
"""Where it is kept what was seen; delete the folder after a change of what is seen."""

OnlySeen = Annotated[bool, typer.Option(help="Continue with what was seen in earlier runs, which may be a part.")]

_LARGER_FACE = 60
"""Pixels of the shorter side of its box."""

WHOLE = "whole"
"""The kind of an undamaged photograph."""

EVERY_KIND: dict[str, Damage] = {WHOLE: lambda scene: scene.pixels} | KINDS

UPRIGHTED: dict[str, Damage] = {
    f"{name}, turned upright": KINDS[name] for name in ("turned 45°", "turned 90°", "turned 180°", "turned 270°")
}
"""Kinds at which is looked as `orientation=auto` does; all others are looked at as sent."""

PRINCIPAL_KINDS = {WHOLE: EVERY_KIND[WHOLE]} | {name: KINDS[name] for name in PRINCIPAL} | UPRIGHTED


@dataclass(frozen=True)
class Looks:
    """`n` photographs: their most central faces.

    found: (n,), whether there is a face; the rows of all others are 0. scores: (n,). lengths: (n,). vectors:
    (n, dimension). pixels: (n, 7), see `vectorizer.networks.recognizability.pixel_signs`.
    """

    NAMES: ClassVar = ("found", "scores", "lengths", "vectors", "pixels")

    found: BoolArray
    scores: Float32Array
    lengths: Float32Array
    vectors: Float32Array
    pixels: Float32Array

    def __len__(self) -> int:
        return len(self.found)

    @property
    def embedded(self) -> Embeddings:
        """The embeddings of all."""
        return Embeddings(self.vectors, self.lengths)

    def pick(self, index: NDArray[np.intp] | BoolArray) -> "Looks":
        """Return the photographs of `index`, in its order."""
        return Looks(*(part[index] for part in self.parts().values()))

    def parts(self) -> dict[str, Any]:
        """Return the arrays by name."""
        return {name: getattr(self, name) for name in self.NAMES}

    @classmethod
    def joined(cls, looks: Sequence["Looks"]) -> "Looks":
        """Return several, one after the other."""
        return cls(*(np.concatenate(parts) for parts in zip(*(each.parts().values() for each in looks), strict=True)))


@dataclass(frozen=True)
class LookedAt:
    """One person's photograph with several kinds of damage, one look each."""

    kinds: list[str]
    looks: list[Looks]

    def and_also(self, other: Self) -> Self:
        """Return the looks of both."""
        return type(self)(self.kinds + other.kinds, self.looks + other.looks)


class Looker:
    """Looks at photographs with the networks of a pack; keeps what it saw of each person in a folder."""

    def __init__(self, networks: Models, dimension: int, cache: Path, *, only_seen: bool = False) -> None:
        """only_seen: no damage is looked at that was not seen before."""
        self._networks = networks
        self._only_seen = only_seen
        self._dimension = dimension
        self._cache = cache

    def damaged(
        self,
        people: Mapping[str, Photograph],
        kinds: Mapping[str, Damage],
        count: int | None = None,
        others: Mapping[str, Damage] | None = None,
    ) -> Iterable[LookedAt]:
        """Look at the photographs of all people or the first `count` of them with every kind of damage.

        others: kinds for the people after those. What is known from the cache is not repeated. People of the first half
        are mixed with those of the second, who are not mixed themselves: two mixtures never show the same person.
        """
        names = list(people)
        half = len(names) // 2
        for number, name in enumerate(names[: count if others is None else None]):
            kept = self._cache / f"{name}.npz"
            known = self._read(kept) if kept.exists() else LookedAt([], [])
            asked = kinds if others is None or count is None or number < count else others
            possible = (
                asked if number < half else {kind: asked[kind] for kind in asked if kind not in FAMILIES["mixed"]}
            )
            missing = {kind: damage for kind, damage in possible.items() if kind not in known.kinds}
            if missing and not self._only_seen:
                other = people[names[(number + half) % len(names)]]
                known = known.and_also(self._damage(people[name], other, number, missing))
                self._keep(kept, known)
            if known.kinds:
                yield known

    def undamaged(self, folder: Path) -> Looks:
        """Look at all photographs of a folder as they are, in the order of their names."""
        photographs = find_photographs(folder)
        kept = self._cache / f"undamaged-{folder.resolve().name}.npz"
        if not kept.exists():
            looks = [self._look(_pixels(photograph)) for photograph in photographs]
            self._keep(kept, LookedAt([photograph.name for photograph in photographs], looks))
        return Looks.joined(self._read(kept).looks)

    def larger_faces(self, folder: Path, names: Sequence[str], min_score: float) -> Looks:
        """Look at all faces of some size on the photographs of a folder whose names match one of the patterns."""
        files = sorted({path for name in names for path in folder.glob(name)})
        return Looks.joined(
            [look for path in files for look in self._faces(_pixels(Photograph(path, path.name)), min_score)]
        )

    def _faces(self, image: Pixels, min_score: float) -> Iterable[Looks]:
        found = self._networks.detector.detect(image)
        sides = (found.boxes[:, 2:] - found.boxes[:, :2]).min(axis=1, initial=np.inf)
        for one in np.flatnonzero((sides >= _LARGER_FACE) & (found.scores >= min_score)):
            yield self._see(image, found, int(one))

    def _damage(self, photograph: Photograph, other: Photograph, seed: int, kinds: Mapping[str, Damage]) -> LookedAt:
        pixels, second = (_pixels(one) for one in (photograph, other))
        found = self._networks.detector.detect(pixels)
        if not len(found):
            return LookedAt(list(kinds), [self._nothing()] * len(kinds))
        landmarks = found.landmarks[most_central(found.boxes.tolist(), (pixels.shape[1], pixels.shape[0]))]
        second = cv2.resize(second, (pixels.shape[1], pixels.shape[0])).astype(np.uint8)

        def damaged(kind: str) -> Looks:
            image = kinds[kind](Scene(pixels, landmarks, second, np.random.default_rng(seed)))
            return self._look(image, Orientation.AUTO if kind in UPRIGHTED else Orientation.AS_SENT)

        return LookedAt(list(kinds), [damaged(kind) for kind in kinds])

    def _look(self, image: Pixels, orientation: Orientation = Orientation.AS_SENT) -> Looks:
        """Detect, align and embed as the vectorizer's pipeline does."""
        image = np.ascontiguousarray(image)
        if orientation is Orientation.AS_SENT:
            found = self._networks.detector.detect(image)
        else:
            found = self._networks.finder.find(Picture(image, 1, lambda: image), orientation, Detail.AUTO).faces
        if not len(found):
            return self._nothing()
        return self._see(image, found, most_central(found.boxes.tolist(), (image.shape[1], image.shape[0])))

    def _see(self, image: Pixels, found: Detections, one: int) -> Looks:
        aligned = align(image, found.landmarks[one])
        embedded = self._networks.embedder.embed(aligned[None])
        scores = found.scores[one : one + 1]
        return Looks(np.ones(1, bool), scores, embedded.lengths, embedded.vectors, pixel_signs(aligned)[None])

    def _nothing(self) -> Looks:
        empty = np.zeros(1, np.float32)
        return Looks(
            np.zeros(1, bool), empty, empty, np.zeros((1, self._dimension), np.float32), np.zeros((1, 7), np.float32)
        )

    def _keep(self, path: Path, looked: LookedAt) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part")
        with temporary.open("wb") as file:
            np.savez_compressed(file, kinds=looked.kinds, **Looks.joined(looked.looks).parts())
        temporary.replace(path)

    @staticmethod
    def _read(path: Path) -> LookedAt:
        with np.load(path) as file:
            looks = Looks(*(file[name] for name in Looks.NAMES))
            kinds = file["kinds"].tolist()
        return LookedAt(kinds, [looks.pick(np.array([row])) for row in range(len(kinds))])


def people_of(folder: Path) -> dict[str, Photograph]:
    """Return the first photograph of each person, in a fixed random order."""
    people = [(name, photographs[0]) for name, photographs in by_person(find_photographs(folder)).items()]
    Random(7).shuffle(people)  # noqa: S311 - an order, not a secret
    return dict(people)


def _pixels(photograph: Photograph) -> Pixels:
    return decode(photograph.path.read_bytes(), LIMITS).in_full()
