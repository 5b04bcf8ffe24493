"""Finds the faces of a picture: in its overview, in tiles if it is large, and in other turns if none is upright.

A detector scores an upright face higher than the same face in any other turn. A low score, or tilted landmarks, make a
face suspect, and it is looked at again in other turns. That costs a sixteenth of an overview a face, and nothing for a
face that is confidently upright.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import remainder

import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.detection import Detections, Detector, Sightings, reduce
from vectorizer.networks.orientation import Orientation, turned, unturned
from vectorizer.networks.picture import Picture
from vectorizer.networks.second_look import best_turn, look, roll, rolls, straighten
from vectorizer.networks.tiles import Detail, Tiling, levels

_FAINT_SHARE = 0.3
"""Share of the score threshold from which a proposal may be a face in another turn."""

_FAINT_SHARE_OF_TILES = 0.15
"""The same for tiles: small faces score less, and a vote costs little compared with the tiles."""

_VOTERS = 3
"""Proposals, the best ones, that decide how a picture is turned; twice as many if it was seen in tiles."""

_MAX_FAINT_LOOKS = 2
"""Faint proposals between upright faces that are looked at in other turns."""

_LENIENCY = 0.03
"""How much lower than before a face may score once its landmarks are level."""

_MAX_SUSPECT_LOOKS = 3
"""Suspect faces that are looked at in other turns, the largest ones; it bounds the time that a crowd takes."""

_MAX_REFINED = 300
"""Small faces that are looked at again with all of their pixels, the largest ones; they cost as 19 overviews."""

_MAX_FACES = 2_000
"""Faces of a picture that are told apart, the best ones, since each is compared with each."""

_CERTAINTY = 2 / 3
"""Where between the score threshold and that of an upright face the score of a certain face lies."""

_PRECISE = 48
"""Longer side of a face in the overview, pixels, from which a second look would not place its landmarks better."""

_PRECEDENCE = 40
"""Longer side of a face in one level, pixels, from which it takes precedence over finer levels."""

_PART = 0.8
"""Share of a box inside a much larger face from which it is a part of that face."""

_LARGER = 3
"""How many times as large, in area, that face has to be."""


@dataclass(frozen=True, slots=True)
class Found:
    """Faces in pixels of the full picture, best score first; orientation: degrees clockwise by which it was turned."""

    faces: Detections
    orientation: int


@dataclass(frozen=True, slots=True)
class Upright:
    """How a detector sees upright faces, see `vectorizer.packs.manifest.DetectorManifest`."""

    score: float
    suspect_score: float
    roll: float
    roll_gain: float


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds faces with one detector."""

    detector: Detector
    upright: Upright

    @property
    def certain_score(self) -> float:
        """Score of a face that only a second look shows: higher than the threshold, since more looks err more often."""
        threshold = self.detector.network.score_threshold
        return threshold + _CERTAINTY * (self.upright.score - threshold)

    def find(
        self,
        picture: Picture,
        orientation: Orientation,
        detail: Detail,
        check: Callable[[], None] = lambda: None,
    ) -> Found:
        """Return the faces of `picture`.

        check: called before each part of the work; what it raises ends the search.
        """
        return _Search(self, picture, levels(*picture.size, self.detector.size, detail), check).find(orientation)


@dataclass(frozen=True, slots=True)
class _Search:
    """The search for the faces of one picture; all faces are in pixels of the full picture, as it was sent."""

    finder: Finder
    picture: Picture
    scales: list[float]
    check: Callable[[], None]
    turns: dict[bytes, tuple[float, float]] = field(default_factory=dict)

    def find(self, orientation: Orientation) -> Found:
        (seen, large), quarters = self._sightings(0), 0
        if orientation is Orientation.AUTO and not self._is_upright(seen.faces):
            quarters = self._vote(seen)
            if quarters:
                seen, large = self._sightings(quarters)
        faces = self._straightened(self._refined(seen.faces, large, quarters), quarters)
        if orientation is Orientation.AUTO and len(faces) and len(seen.faint):
            turned_ones = self._turned_among(faces, seen.faint, quarters)
            faces = faces.join(turned_ones) if len(turned_ones) else faces
        if faces is not seen.faces:  # those are distinct already
            faces = self._detector.distinct(faces, faces.scores).faces
        return Found(faces, 90 * quarters)

    @property
    def _detector(self) -> Detector:
        return self.finder.detector

    @property
    def _threshold(self) -> float:
        return self.finder.detector.network.score_threshold

    @property
    def _overview_scale(self) -> float:
        return min(1.0, self._detector.size / max(self.picture.size))

    def _sightings(self, quarters: int) -> tuple[Sightings, Detections]:
        """Return what all views show of the picture, turned clockwise by `quarters`, and the overview's faces."""
        overview = self._overview(quarters)
        seen, coarser = overview, self._overview_scale
        for scale in self.scales:
            seen = self._joined(seen, coarser, self._in_tiles(scale, quarters))
            coarser = scale
        return seen, overview.faces

    def _overview(self, quarters: int) -> Sightings:
        self.check()
        image = self.picture.reduced
        if quarters:
            image = turned(reduce(image, self._detector.size), quarters)
        seen = self._detector.overview(image, _FAINT_SHARE * self._threshold)
        return seen.map(lambda found: self._as_sent(found, image, quarters))

    def _in_tiles(self, scale: float, quarters: int) -> Detections:
        image = turned(self.picture.at(scale), quarters)
        height, width = image.shape[:2]
        tiling = Tiling(width, height, self._detector.size)
        found = Detections.none()
        for tile in tiling:
            self.check()
            part = image[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
            proposed = self._detector.view(part, _FAINT_SHARE_OF_TILES * self._threshold)
            whole = proposed.pick(tiling.whole(tile, proposed.boxes))
            found = found.join(whole.moved(tile.left, tile.top))
        return self._as_sent(found, image, quarters)

    def _as_sent(self, found: Detections, image: NDArray[np.uint8], quarters: int) -> Detections:
        """Convert faces from the pixels of `image`, the picture turned and reduced, to those of the picture."""
        height, width = image.shape[:2] if quarters % 2 == 0 else image.shape[1::-1]
        return unturned(found, quarters, width, height).enlarged(self.picture.size[0] / width)

    def _joined(self, coarse: Sightings, scale: float, fine: Detections) -> Sightings:
        """Join what a coarser level, at `scale`, and a finer one show; large faces are better seen in the coarser."""
        found = coarse.faces.join(coarse.faint).join(fine)
        large = longer_sides(found.boxes) * scale >= _PRECEDENCE
        from_coarse = np.arange(len(found)) < len(coarse.faces)
        joined = self._detector.distinct(found, found.scores + (large & from_coarse))
        return Sightings(_without_parts(_first(joined.faces, _MAX_FACES)), joined.faint)

    def _upright(self, faces: Detections, quarters: int, least: float) -> NDArray[np.bool_]:
        """Return which faces, (n,), score at least `least` and are level once the picture is turned by `quarters`."""
        tilts = np.abs((rolls(faces.landmarks) + 90 * quarters + 180) % 360 - 180)
        upright: NDArray[np.bool_] = (faces.scores >= least) & (tilts <= self.finder.upright.roll)
        return upright

    def _is_upright(self, faces: Detections) -> bool:
        """Return whether a face shows that the picture is upright; what tiles show is too small to be sure."""
        large = longer_sides(faces.boxes) * self._overview_scale >= _PRECISE
        return bool((self._upright(faces, 0, self.finder.upright.score) & (large | (not self.scales))).any())

    def _vote(self, seen: Sightings) -> int:
        """Return by how many quarters clockwise the picture is to be turned so that its faces are upright."""
        votes = np.zeros(4)
        for box in seen.faces.join(seen.faint).boxes[: 2 * _VOTERS if self.scales else _VOTERS]:
            degrees, score = self._best_turn(box, 0)
            if score >= self._threshold and degrees % 90 == 0:
                votes[round(degrees / 90) % 4] += score
        return int(votes.argmax())

    def _straightened(self, faces: Detections, quarters: int) -> Detections:
        """Return the faces, those that are suspect as they are seen in the turn in which they are upright."""
        upright, least = self.finder.upright, self.finder.upright.suspect_score
        if not (faces.scores >= upright.score).any():
            least = upright.score
        suspect = np.flatnonzero(~self._upright(faces, quarters, least))
        if not suspect.size:
            return faces
        largest = suspect[np.argsort(-longer_sides(faces.boxes)[suspect], kind="stable")[:_MAX_SUSPECT_LOOKS]]
        again = [self._upright_face(faces.pick(np.array([index])), quarters, least) for index in largest]
        rest = faces.pick(np.setdiff1d(np.arange(len(faces)), largest))
        for face in again:
            rest = rest.join(face)
        return rest

    def _upright_face(self, face: Detections, quarters: int, least: float) -> Detections:
        """Return one suspect face as it is, or as it is seen in a better turn."""
        degrees = 90.0 * quarters
        if face.scores[0] < least:
            degrees, _ = self._best_turn(face.boxes[0], quarters)
        if degrees == 90 * quarters:
            tilt = remainder(roll(face.landmarks[0]) + degrees, 360)
            if abs(tilt) <= self.finder.upright.roll:
                return face
            return self._level_face(face, degrees - self.finder.upright.roll_gain * tilt)
        found = self._straighten(face.boxes[0], degrees)
        return found if len(found) and found.scores[0] >= self._threshold else face

    def _level_face(self, face: Detections, degrees: float) -> Detections:
        """Return a tilted face in its box, with landmarks as they are seen in a turn that makes them level."""
        found = self._straighten(face.boxes[0], degrees)
        if not len(found) or found.scores[0] < face.scores[0] - _LENIENCY:
            return face
        return Detections(face.boxes, np.maximum(face.scores, found.scores), found.landmarks)

    def _turned_among(self, faces: Detections, faint: Detections, quarters: int) -> Detections:
        """Return the faces that lie among others in another turn, in which they are hardly seen."""
        large = longer_sides(faint.boxes) >= np.median(longer_sides(faces.boxes)) / 2
        found = Detections.none()
        for box in faint.boxes[large][:_MAX_FAINT_LOOKS]:
            degrees, score = self._best_turn(box, quarters)
            if degrees != 90 * quarters and score >= self._threshold:
                face = self._straighten(box, degrees)
                found = found.join(face.pick(face.scores >= self.finder.certain_score))
        return found

    def _refined(self, faces: Detections, overview: Detections, quarters: int) -> Detections:
        """Return the faces; if the picture was seen in tiles, small ones as seen again with all of their pixels.

        A face that only tiles show, and not for certain when it is looked at alone, is left out.
        """
        if not self.scales:
            return faces
        sides = longer_sides(faces.boxes)
        small = sides * self._overview_scale < _PRECISE
        largest = np.flatnonzero(small)[np.argsort(-sides[small], kind="stable")[:_MAX_REFINED]]
        refined = faces.pick(~small).join(self._unrefined(faces.pick(np.setdiff1d(np.flatnonzero(small), largest))))
        for index in np.sort(largest):
            self.check()
            face = faces.pick(np.array([index]))
            known = bool((shared_areas(face.boxes, overview.boxes) > 0).any())
            again = self._look(face.boxes[0], 90.0 * quarters)
            sure = again.pick(again.scores >= (self._threshold if known else self.finder.certain_score))
            refined = refined.join(face if known and not len(sure) else sure)
        return refined

    def _unrefined(self, faces: Detections) -> Detections:
        """Return those of the faces that are certain without being seen again."""
        return faces.pick(faces.scores >= self.finder.certain_score)

    def _best_turn(self, box: NDArray[np.float32], quarters: int) -> tuple[float, float]:
        key = box.tobytes() + bytes([quarters])
        if key not in self.turns:
            image, factor = self.picture.around(box)
            self.turns[key] = best_turn(self._detector.network, image, _smaller(box, factor), 90.0 * quarters)
        return self.turns[key]

    def _straighten(self, box: NDArray[np.float32], degrees: float) -> Detections:
        image, factor = self.picture.around(box)
        seen = straighten(self._detector.network, image, _smaller(box, factor), degrees, self.finder.upright.roll_gain)
        return seen.enlarged(factor)

    def _look(self, box: NDArray[np.float32], degrees: float) -> Detections:
        image, factor = self.picture.around(box)
        return look(self._detector.network, image, _smaller(box, factor), degrees).enlarged(factor)


def _smaller(box: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    return box / np.float32(factor)


def longer_sides(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the longer side of each of the (n, 4) boxes."""
    sides: NDArray[np.float32] = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
    return sides


def shared_areas(boxes: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the areas, (n, m), that each of (n, 4) boxes shares with each of (m, 4) others."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    areas: NDArray[np.float32] = np.maximum(high - low, 0).prod(axis=2)
    return areas


def _first(faces: Detections, number: int) -> Detections:
    return faces.pick(np.arange(min(len(faces), number)))


def _without_parts(faces: Detections) -> Detections:
    """Leave out what a finer level took for a face inside a much larger one."""
    shared = shared_areas(faces.boxes, faces.boxes)
    areas = (faces.boxes[:, 2:] - faces.boxes[:, :2]).prod(axis=1)
    inside = (shared >= _PART * areas[:, None]) & (areas[None, :] >= _LARGER * areas[:, None])
    return faces.pick(~inside.any(axis=1))
