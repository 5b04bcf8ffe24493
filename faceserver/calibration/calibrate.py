"""Measures error rates with an operator's own photographs and a running stack, and suggests a threshold."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from rich.console import Console

from apiserver.biometrics.choice import FaceChoice, choose
from apiserver.biometrics.face import Face, Image
from apiserver.biometrics.model import Tail, Thresholds
from apiserver.biometrics.open_set import MIN_FACES, false_match_rate, thresholds_at
from apiserver.biometrics.recognizability import is_unrecognizable
from faceserver.calibration.error_plot import draw
from faceserver.calibration.error_rates import MIN_PEOPLE, Measurement
from faceserver.calibration.report import Row, print_measured, print_needed, print_refused, print_skipped
from faceserver.client.client import Client
from faceserver.client.results import Directory, Embeddings, Model
from faceserver.errors import NotFound, Refused
from faceserver.file_names import shown
from faceserver.importing.people_folder import PeopleFolder, find_photographs
from faceserver.problems import CalibrationError
from serving.layout import EXAMPLE

PLOTTED = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Request:
    """What to measure, and for which FPIR. faces: expected number in the directory; None asks the service."""

    folder: Path
    fpir: float
    faces: int | None
    face: Literal["only", "largest", "center"]
    concurrency: int
    plot: Path
    write: bool


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What was measured with the directory's floor of recognizability, and without; `refused` photographs are below it.

    floor: None if the model does not measure recognizability.
    """

    with_floor: Measurement
    without_floor: Measurement
    floor: float | None
    refused: int


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """The face of a photograph, or why the photograph was skipped."""

    face: Face | None
    skipped: str = ""


def calibrate(request: Request, client: Client) -> None:
    """Measure, print, plot, and set the threshold of the client's directory if requested.

    Raises CalibrationError, or FaceserverError.
    """
    console = Console(highlight=False)
    found = find_photographs(request.folder)
    _require_two_people(found)
    model = client.models().embedder_in_use
    tail = _tail(model)
    directory = _directory(client)
    enrolled = directory.faces if directory else 0
    faces = max(enrolled if request.faces is None else request.faces, MIN_FACES)
    floor = directory.thresholds.recognizability_floor if directory else model.recognizability_floor
    measured = _measure(client, found, floor, request, console)
    by_model = thresholds_at(tail, request.fpir, faces)
    suggested = measured.with_floor.threshold(false_match_rate(request.fpir, faces), tail)
    _report(measured, by_model, suggested, request, console)
    print_needed(console, measured.with_floor, request.fpir, faces)
    _advise(suggested, by_model, faces, request, console)
    if request.write:
        _write(client, suggested, console)


def _tail(model: Model) -> Tail:
    """Return the tail of the model's impostor scores, or else the one through the model's thresholds."""
    if model.tail:
        return Tail(model.tail.start, model.tail.rate, model.tail.scale, model.tail.shape)
    if model.thresholds:
        return Tail.through(Thresholds(model.thresholds.match, model.thresholds.review))
    raise CalibrationError(f"The service does not give thresholds for the model {model.name}.")


def _directory(client: Client) -> Directory | None:
    try:
        return client.get_directory()
    except NotFound:
        return None


def _require_two_people(found: PeopleFolder) -> None:
    if found.problem:
        raise CalibrationError(shown(found.problem))
    [person, *others] = {photograph.person for photograph in found.photographs}
    if not others:
        raise CalibrationError(f"The only sub-folder with photographs is that of {shown(person)}. {EXAMPLE}")


def _measure(client: Client, found: PeopleFolder, floor: float | None, request: Request, console: Console) -> Measured:
    photographs = found.photographs
    with console.status(f"Embedding {len(photographs)} photographs"), ThreadPoolExecutor(request.concurrency) as pool:
        work = pool.map(lambda each: _embed(client, each.path, FaceChoice(request.face)), photographs)
        embedded = list(zip(photographs, work, strict=True))
    skipped = [*found.skipped, *((photograph, face.skipped) for photograph, face in embedded if face.skipped)]
    print_skipped(
        console, [(shown(file.path.relative_to(request.folder).as_posix()), reason) for file, reason in skipped]
    )
    return _measured([(photograph.person, face.face) for photograph, face in embedded if face.face], floor)


def _embed(client: Client, path: Path, choice: FaceChoice) -> Embedded:
    try:
        found = client.embed(path)
    except OSError as error:
        return Embedded(None, str(error.strerror))
    except NotFound:  # concerns the service, which lacks this call, not the photograph
        raise
    except Refused as problem:
        return Embedded(None, str(problem))
    face = _chosen(found, choice)
    return Embedded(face, "" if face else f"{len(found.faces) or 'no'} face{'s' * (len(found.faces) != 1)} found")


def _chosen(found: Embeddings, choice: FaceChoice) -> Face | None:
    faces = [
        Face(face.box, face.score, list(face.embedding), recognizability=face.recognizability) for face in found.faces
    ]
    return choose(faces, choice, Image("", "", found.width, found.height))


def _measured(embedded: Sequence[tuple[str, Face]], floor: float | None) -> Measured:
    names = [person for person, _ in embedded]
    if len(set(names)) < 2:
        raise CalibrationError("Fewer than two people have a usable photograph; there is nothing to compare.")
    vectors, people = np.stack([face.embedding for _, face in embedded]), np.unique(names, return_inverse=True)[1]
    refused = np.array([is_unrecognizable(face.recognizability, floor) for _, face in embedded])
    try:
        measurements = Measurement(vectors, people, refused), Measurement(vectors, people)
        return Measured(*measurements, floor, int(refused.sum()))
    except ValueError as error:
        raise CalibrationError(
            "Nobody has two usable photographs. Add a second photograph of some people, to measure recognition."
        ) from error


def _report(
    measured: Measured, by_model: Thresholds, suggested: float | None, request: Request, console: Console
) -> None:
    named = {"review, by the model": by_model.review, "match, by the model": by_model.match}
    if suggested is not None:
        named |= {"match, by your people": suggested}
    applied = measured.with_floor
    rows: list[Row] = [(name, applied.at(threshold)) for name, threshold in named.items()]
    if measured.refused:
        rows += [(f"{name}, no floor", measured.without_floor.at(threshold)) for name, threshold in named.items()]
    print_measured(console, applied, rows)
    print_refused(console, applied, measured.refused, measured.floor)
    curves = [applied.at(float(threshold)) for threshold in PLOTTED]
    try:
        request.plot.write_text(draw(curves, named, f"{applied.photographs} photographs of {applied.people} people"))
    except OSError as error:
        raise CalibrationError(f"The plot cannot be written to {request.plot}: {error.strerror}.") from error
    console.print(f"The plot was written to {request.plot}.", markup=False)


def _advise(suggested: float | None, by_model: Thresholds, faces: int, request: Request, console: Console) -> None:
    if suggested is None:
        console.print("There are too few people to suggest a threshold; the model's own remains the best estimate.")
        return
    difference = suggested - by_model.match
    console.print(
        f"For FPIR {request.fpir:g} among {faces:,} faces, your photographs suggest a threshold of {suggested:.4f}, "
        f"{abs(difference):.4f} {'above' if difference > 0 else 'below'} the model's. A fixed threshold does not "
        "adapt to a growing directory: calibrate again when the directory has doubled."
    )


def _write(client: Client, suggested: float | None, console: Console) -> None:
    if suggested is None:
        raise CalibrationError(
            f"No threshold was written: photographs of at least {MIN_PEOPLE} people are needed. With fewer, set the "
            "directory's fpir instead, from which the service derives the threshold by the model's own scores."
        )
    try:
        client.patch_directory(threshold=round(suggested, 4), fpir=None)
    except NotFound:
        client.put_directory(threshold=round(suggested, 4))
    console.print(
        f"Wrote threshold {suggested:.4f} to the directory {client.directory}.", markup=False, highlight=False
    )
