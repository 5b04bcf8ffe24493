"""The share of good and of degraded photographs that the quality gate warns about.

    python -m bench quality ../shared/data/lfw-dev --models opencv --head-pose ../shared/models/extra/fsanet-var.onnx

Every photograph is used unchanged, and a number of them also in deliberately degraded copies. The defaults of
apiserver/biometrics/quality.py are judged. `head_pose`: a network whose yaw is compared with that from landmarks.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Annotated, Self

import numpy as np
import typer
from platformdirs import user_cache_path

from apiserver.biometrics import face as faces
from apiserver.biometrics.choice import MIN_OVERLAP, overlap
from apiserver.biometrics.quality import QualityLimits, Reason, findings, pose
from bench.accuracy.error_rates import FloatArray
from bench.harness.options import RESULTS, Models, Results
from bench.harness.provenance import provenance
from bench.harness.records import Record, write
from bench.photographs.degraded import WAYS, Pixels
from bench.photographs.folder import Photograph, find_photographs, most_central
from bench.quality.head_pose import HeadPose
from bench.speed.networks.own_networks import LIMITS
from vectorizer.images import decode
from vectorizer.networks.alignment import align
from vectorizer.networks.models import Models as Networks
from vectorizer.networks.models import ModelSource
from vectorizer.networks.quality import measure

_PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless", "pillow")
_QUANTILES = (0.0, 0.001, 0.01, 0.5, 0.99, 0.999, 1.0)


@dataclass(frozen=True)
class Seen:
    """The face that a photograph is labelled for, as the gateway would see it."""

    face: faces.Face
    yaw: float
    image: tuple[int, int]

    def shows(self, other: Self) -> bool:
        """Tell whether both are the same place of the photograph, whatever its size."""
        return overlap(self._thousandths(), other._thousandths()) >= MIN_OVERLAP

    def _thousandths(self) -> faces.Box:
        left, top, right, bottom = self.face.box
        width, height = self.image
        return 1000 * left // width, 1000 * top // height, 1000 * right // width, 1000 * bottom // height

    def reasons(self) -> set[Reason]:
        """Return the reasons against the face by the defaults."""
        return {finding.reason for finding in findings(self.face, QualityLimits())}


def main(
    folder: Annotated[Path, typer.Argument(help="Photographs of good quality.", exists=True)],
    *,
    models: Models = "opencv",
    copies: Annotated[int, typer.Option(help="Number of photographs to degrade.")] = 300,
    head_pose: Annotated[Path | None, typer.Option(help="FSA-Net as an ONNX file.", exists=True)] = None,
    results: Results = RESULTS,
) -> None:
    """Judge the default limits of the quality gate."""
    (networks,) = ModelSource.find(models, user_cache_path("faceserver")).open()
    photographs = find_photographs(folder)
    Random(0).shuffle(photographs)  # noqa: S311 - an order, not a secret
    images = (_decoded(photograph) for photograph in photographs)
    seen = [look(networks, image) for image in images]
    record: Record = {
        "kind": "quality",
        "photographs": folder.resolve().name,
        "models": Path(models).resolve().name,
        "provenance": asdict(provenance("quality", sys.argv[1:], None, _PACKAGES)),
        "limits": asdict(QualityLimits()),
        "untouched": untouched([one for one in seen if one]),
        "copies": {way: spoiled(networks, photographs, seen, way, copies) for way in WAYS} if copies else {},
    }
    if head_pose:
        record["yaw"] = agreement(HeadPose(head_pose), photographs, seen)
    print(write(record, results).read_text())


def look(networks: Networks, image: Pixels) -> Seen | None:
    """Return the most central face, None without a face."""
    found = networks.detector.detect(image)
    if not len(found):
        return None
    labelled = most_central(found.boxes.tolist(), (image.shape[1], image.shape[0]))
    left, top, right, bottom = found.boxes[labelled].round().astype(int).tolist()
    points = found.landmarks[labelled]
    aligned = align(image, points)
    quality = measure(aligned)
    landmarks = tuple((float(x), float(y)) for x, y in points)
    face = faces.Face(
        (left, top, right, bottom),
        float(found.scores[labelled]),
        networks.embedder.embed(aligned[None]).vectors[0].tolist(),
        landmarks=landmarks,
        quality=faces.Quality(quality.sharpness, quality.brightness),
    )
    return Seen(face, pose(landmarks).yaw, (image.shape[1], image.shape[0]))


def untouched(seen: Sequence[Seen]) -> Record:
    """Return the number of photographs with warnings, the reasons, and the measured values."""
    reasons = [one.reasons() for one in seen]
    return {
        "faces": len(seen),
        "warned": sum(bool(some) for some in reasons) / len(seen),
        "reasons": {reason: sum(reason in some for some in reasons) / len(seen) for reason in Reason},
        "quantiles": list(_QUANTILES),
        "size": _quantiles([one.face.size for one in seen]),
        "sharpness": _quantiles([one.face.quality.sharpness for one in seen if one.face.quality]),
        "brightness": _quantiles([one.face.quality.brightness for one in seen if one.face.quality]),
        "yaw": _quantiles([abs(one.yaw) for one in seen]),
    }


def spoiled(
    networks: Networks, photographs: Sequence[Photograph], seen: Sequence[Seen | None], way: str, copies: int
) -> Record:
    """Return how many worse copies still show a face, are warned about, and how alike they are to the original.

    Copies of photographs that are warned about themselves are left out.
    """
    expected, spoil = WAYS[way]
    good = ((photograph, one) for photograph, one in zip(photographs, seen, strict=True) if one and not one.reasons())
    pairs = [(one, look(networks, spoil(_decoded(photograph)))) for photograph, one in islice(good, copies)]
    found = [(original, copy) for original, copy in pairs if copy and copy.shows(original)]
    given = Counter(reason for _, copy in found for reason in copy.reasons())
    cosines = [float(np.dot(original.face.embedding, copy.face.embedding)) for original, copy in found]
    return {
        "expected": expected,
        "copies": len(pairs),
        "found": len(found) / len(pairs),
        "warned": given[expected] / len(found) if expected and found else None,
        "others": {reason: count / len(found) for reason, count in sorted(given.items()) if reason != expected},
        "median_similarity": float(np.median(cosines)) if found else None,
        "fifth_percentile_similarity": float(np.quantile(cosines, 0.05)) if found else None,
    }


def agreement(network: HeadPose, photographs: Sequence[Photograph], seen: Sequence[Seen | None]) -> Record:
    """Return how well the yaw from landmarks agrees with that of a network that sees the pixels."""
    pairs = [
        (one.yaw, network.yaw(_decoded(photograph), one.face.box))
        for photograph, one in zip(photographs, seen, strict=True)
        if one
    ]
    ours, theirs = np.array(pairs).T
    beyond = np.abs(ours) > QualityLimits().max_yaw_degrees
    return {
        "correlation": float(np.corrcoef(ours, theirs)[0, 1]),
        "slope": float(np.polyfit(theirs, ours, 1)[0]),
        "median_difference": float(np.median(np.abs(ours - theirs))),
        "p95_difference": float(np.quantile(np.abs(ours - theirs), 0.95)),
        "warned": int(beyond.sum()),
        "least_of_network_where_warned": float(np.abs(theirs[beyond]).min()) if beyond.any() else None,
        "median_of_network_where_warned": float(np.median(np.abs(theirs[beyond]))) if beyond.any() else None,
    }


def _decoded(photograph: Photograph) -> Pixels:
    return decode(photograph.path.read_bytes(), LIMITS).in_full()


def _quantiles(values: Sequence[float]) -> list[float]:
    measured: FloatArray = np.array(values, np.float64)
    return [float(value) for value in np.quantile(measured, _QUANTILES)]


if __name__ == "__main__":
    typer.run(main)
