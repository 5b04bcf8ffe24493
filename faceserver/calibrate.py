"""Measures an operator's own people with a running stack, and says which threshold they need."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from rich.console import Console

from apiserver.faces import FaceChoice, Model, Thresholds
from apiserver.open_set import FEWEST_FACES, false_match_rate, thresholds_at
from faceserver.calibration_report import Row, print_measured, print_needed, print_skipped
from faceserver.error_plot import draw
from faceserver.error_rates import FEWEST_PEOPLE, Measured
from faceserver.gateway_client import Embedded, Gateway, open_gateway
from faceserver.people_folder import EXAMPLE, Photograph, find_people, find_photographs
from faceserver.problems import CalibrationError

PLOTTED = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Request:
    """What is to be measured, and for which directory. faces: how many it will hold; None asks the gateway."""

    folder: Path
    url: str
    directory: str
    fpir: float
    faces: int | None
    face: Literal["only", "largest", "center"]
    concurrency: int
    plot: Path
    write: bool


def calibrate(request: Request) -> None:
    """Measure, print, draw, and set the directory's threshold if that is asked for. Raises CalibrationError."""
    console = Console(highlight=False)
    _require_two_people(request.folder)
    photographs = find_photographs(request.folder)
    with open_gateway(request.url) as gateway:
        model = gateway.model()
        faces = gateway.faces(request.directory) if request.faces is None else request.faces
        measured = _measure(gateway, model, photographs, request, console)
        faces = max(faces, FEWEST_FACES)
        by_model = thresholds_at(model.tail, request.fpir, faces)
        own = measured.threshold(false_match_rate(request.fpir, faces), model.tail)
        _report(measured, by_model, own, request, console)
        print_needed(console, measured, request.fpir, faces)
        _advise(own, by_model, faces, request, console)
        if request.write:
            _write(gateway, own, request, console)


def _require_two_people(folder: Path) -> None:
    people = find_people(folder)
    if len(people) < 2:
        raise CalibrationError(f"{folder} has {len(people) or 'no'} sub-folder{'s' * (len(people) != 1)}. {EXAMPLE}")


def _measure(
    gateway: Gateway, model: Model, photographs: Sequence[Photograph], request: Request, console: Console
) -> Measured:
    with console.status(f"Embedding {len(photographs)} photographs"), ThreadPoolExecutor(request.concurrency) as pool:
        work = pool.map(lambda one: _embed(gateway, model, one.path, FaceChoice(request.face)), photographs)
        embedded = list(zip(photographs, work, strict=True))
    skipped = [
        (one.path.relative_to(request.folder).as_posix(), found.skipped) for one, found in embedded if found.skipped
    ]
    print_skipped(console, skipped)
    return _measured([(one.person, found) for one, found in embedded if found.face])


def _embed(gateway: Gateway, model: Model, path: Path, choice: FaceChoice) -> Embedded:
    try:
        content = path.read_bytes()
    except OSError as error:
        return Embedded(None, str(error.strerror))
    return gateway.embed(content, choice, model)


def _measured(embedded: Sequence[tuple[str, Embedded]]) -> Measured:
    names = [person for person, _ in embedded]
    if len(set(names)) < 2:
        raise CalibrationError("Fewer than two people have a usable photograph; there is nothing to compare.")
    vectors = np.stack([found.face.embedding for _, found in embedded if found.face])
    try:
        return Measured(vectors, np.unique(names, return_inverse=True)[1])
    except ValueError as error:
        raise CalibrationError(
            "Nobody has two usable photographs. Add a second one of some people, so that it can be measured whether "
            "they are known again."
        ) from error


def _report(measured: Measured, by_model: Thresholds, own: float | None, request: Request, console: Console) -> None:
    named = {"review, by the model": by_model.review, "match, by the model": by_model.match}
    if own is not None:
        named |= {"match, by your people": own}
    rows: list[Row] = [(name, measured.at(threshold)) for name, threshold in named.items()]
    print_measured(console, measured, rows)
    curves = [measured.at(float(threshold)) for threshold in PLOTTED]
    try:
        request.plot.write_text(draw(curves, named, f"{measured.photographs} photographs of {measured.people} people"))
    except OSError as error:
        raise CalibrationError(f"The plot cannot be written to {request.plot}: {error.strerror}.") from error
    console.print(f"The curves are in {request.plot}.", markup=False)


def _advise(own: float | None, by_model: Thresholds, faces: int, request: Request, console: Console) -> None:
    if own is None:
        console.print(
            "These are too few people to say where the threshold should be; the model's own stays the best guess."
        )
        return
    difference = own - by_model.match
    console.print(
        f"For FPIR {request.fpir:g} among {faces:,} faces your people ask for a threshold of {own:.4f}, "
        f"{abs(difference):.4f} {'above' if difference > 0 else 'below'} the model's. A fixed threshold does not "
        "follow a growing directory: calibrate again when it has doubled."
    )


def _write(gateway: Gateway, own: float | None, request: Request, console: Console) -> None:
    if own is None:
        raise CalibrationError(
            f"No threshold was written: that takes photographs of at least {FEWEST_PEOPLE} people. Without them, the "
            "directory's fpir sets how often strangers may be named, by the model's own scores."
        )
    gateway.set_threshold(request.directory, round(own, 4))
    console.print(f"Wrote threshold {own:.4f} to the directory {request.directory}.", markup=False, highlight=False)
