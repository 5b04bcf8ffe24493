"""`faceserver calibrate`."""

from pathlib import Path
from typing import Annotated

import typer

from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.commands.shared.options import Directory, Face, People, Url
from faceserver.commands.shared.service import LONG_PATIENCE_SECONDS, ExitStatus, check_ready, fail, service
from faceserver.problems import CalibrationError


def calibrate_people(
    folder: People,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    fpir: Annotated[
        float, typer.Option(min=1e-6, max=0.1, help="Share of strangers that may be given a name.")
    ] = 0.001,
    faces: Annotated[
        int | None,
        typer.Option(min=1, show_default="its present number", help="Expected number of faces in the directory."),
    ] = None,
    face: Face = "only",
    plot: Annotated[Path, typer.Option(help="File for the plot (SVG).")] = Path("calibration.svg"),
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Photographs to send at a time.")] = 4,
    write: Annotated[bool, typer.Option("--write", help="Set the threshold of the directory.")] = False,
) -> None:
    """Measure error rates with photographs of your own people, and suggest a threshold.

    Nothing is learned and no photograph is stored. docs/thresholds.md explains the output.

    For example:

        faceserver calibrate people --directory acme --plot acme.svg

        faceserver calibrate people --directory acme --fpir 0.0001 --write
    """
    from faceserver.calibration import calibrate  # noqa: PLC0415 - imports numpy

    request = calibrate.Request(folder, fpir, faces, face, concurrency, plot, write)
    check_ready(url, directory)
    with service(url, directory, LONG_PATIENCE_SECONDS) as client:
        try:
            calibrate.calibrate(request, client)
        except CalibrationError as error:
            fail(ExitStatus.REFUSED, error)
