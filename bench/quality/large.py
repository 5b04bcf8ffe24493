"""How many small faces in large photographs are found and named, and how long it takes.

    python -m bench large ../shared/data/lfw-dev --models opencv

Each person is enrolled with one photograph. Another one is placed, so that the face is 100 pixels large, on an empty
picture of each size, and the people on it are searched for among all that are enrolled.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image
from platformdirs import user_cache_path

from bench.harness.options import RESULTS, Models, Results
from bench.harness.provenance import provenance
from bench.harness.records import Record, write
from bench.photographs.folder import Photograph, by_person, find_photographs, most_central
from vectorizer.decoding.budget import Limits
from vectorizer.images import decode
from vectorizer.networks.models import Models as Networks
from vectorizer.networks.models import ModelSource
from vectorizer.networks.tiles import Detail
from vectorizer.pipeline import Faces, Look, find_faces

SIZES = ((1280, 960), (4000, 3000), (5200, 3900), (8000, 6000), (12_000, 3000), (16_000, 2000))
"""Width and height of the pictures; the first is what the times of the others are compared with."""

_DECODE = partial(decode, limits=Limits(max_bytes=100_000_000, max_pixels=100_000_000))
_FACE_SHARE = 0.376
"""Share of a photograph of LFW that its face takes."""
_PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless", "pillow")
_BACKGROUND = (120, 130, 140)


@dataclass(frozen=True)
class Person:
    """A photograph to search for, and the embedding of another one."""

    photograph: Photograph
    enrolled: NDArray[np.float32]


def main(
    folder: Annotated[Path, typer.Argument(help="A sub-folder of photographs for each person.", exists=True)],
    *,
    models: Models = "opencv",
    people: Annotated[int, typer.Option(help="People with at least two photographs.")] = 60,
    face: Annotated[int, typer.Option(help="Size of a face, pixels.")] = 100,
    results: Results = RESULTS,
) -> None:
    """Measure small faces in large photographs."""
    source = ModelSource.find(models, user_cache_path("faceserver"))
    (networks,) = source.open()
    several = (photographs for photographs in by_person(find_photographs(folder)).values() if len(photographs) > 1)
    known = [_enrol(networks, *photographs[:2]) for photographs in islice(several, people)]
    match = source.embedder.thresholds.match
    sizes = [_measured(networks, known, size, round(face / _FACE_SHARE), match) for size in SIZES]
    first = sizes[0]["fast"]["ms"]
    for size in sizes:
        for detail in (Detail.FAST, Detail.AUTO):
            size[detail]["ratio"] = size[detail]["ms"] / first
    record: Record = {
        "kind": "large",
        "photographs": folder.resolve().name,
        "models": Path(models).resolve().name,
        "provenance": asdict(provenance("large", sys.argv[1:], None, _PACKAGES)),
        "people": len(known),
        "face_pixels": face,
        "threshold": match,
        "sizes": sizes,
    }
    print(write(record, results).read_text())


def _enrol(networks: Networks, enrolled: Photograph, searched: Photograph) -> Person:
    faces = find_faces(networks, _DECODE, enrolled.path.read_bytes())
    central = most_central(faces.detections.boxes.tolist(), enrolled.size())
    return Person(searched, faces.embeddings[central])


def _measured(networks: Networks, people: Sequence[Person], size: tuple[int, int], side: int, match: float) -> Record:
    """Return the figures of both details, whose times are taken in turn."""
    outcomes: dict[Detail, list[tuple[bool, bool, int, float]]] = {Detail.FAST: [], Detail.AUTO: []}
    enrolled = np.stack([person.enrolled for person in people])
    for index, person in enumerate(people):
        picture, corner = _placed(person.photograph, size, side)
        for detail, noted in outcomes.items():
            start = perf_counter()
            faces = find_faces(networks, _DECODE, picture, look=Look(detail=detail))
            milliseconds = 1000 * (perf_counter() - start)
            noted.append((*_judged(faces, enrolled, index, corner, side, match), milliseconds))
    return {"pixels": f"{size[0]}x{size[1]}"} | {str(detail): _summary(noted) for detail, noted in outcomes.items()}


def _placed(photograph: Photograph, size: tuple[int, int], side: int) -> tuple[bytes, tuple[int, int]]:
    """Return a JPEG of `size` with the photograph, `side` pixels wide, on it, and where its corner is."""
    corner = (size[0] - side) // 2, (size[1] - side) // 3
    picture = Image.new("RGB", size, _BACKGROUND)
    with Image.open(photograph.path) as image:
        picture.paste(image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS), corner)
    file = BytesIO()
    picture.save(file, "JPEG", quality=92)
    return file.getvalue(), corner


def _judged(  # noqa: PLR0917 - what a judgement takes
    faces: Faces, enrolled: NDArray[np.float32], index: int, corner: tuple[int, int], side: int, match: float
) -> tuple[bool, bool, int]:
    """Return whether the person was found, whether named, and the number of faces outside the photograph."""
    boxes = faces.detections.boxes
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 - np.array(corner)
    inside = ((centres >= 0) & (centres <= side)).all(axis=1)
    middle = np.flatnonzero((np.abs(centres - side / 2) <= side / 4).all(axis=1))
    similarities = [faces.embeddings[one] @ enrolled.T for one in middle]
    named = any(int(row.argmax()) == index and float(row.max()) >= match for row in similarities)
    return bool(len(middle)), named, int((~inside).sum())


def _summary(outcomes: Iterable[tuple[bool, bool, int, float]]) -> Record:
    found, named, false_faces, milliseconds = zip(*outcomes, strict=True)
    return {
        "found": sum(found),
        "named": sum(named),
        "false_faces": sum(false_faces),
        "ms": median(milliseconds),
    }


if __name__ == "__main__":
    typer.run(main)
