"""`faceserver calibrate`."""

from pathlib import Path
from typing import Annotated

import typer

from faceserver.commands.endings import LONG_PATIENCE_SECONDS, Ending, check_ready, end, service
from faceserver.commands.options import Directory, Face, People, Url
from faceserver.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.problems import CalibrationError


def calibrate_people(
    folder: People,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    fpir: Annotated[float, typer.Option(min=1e-6, max=0.1, help="Share of strangers that may be named.")] = 0.001,
    faces: Annotated[
        int | None, typer.Option(min=1, show_default="what it holds now", help="Faces the directory will hold.")
    ] = None,
    face: Face = "only",
    plot: Annotated[Path, typer.Option(help="Where the picture goes (SVG).")] = Path("calibration.svg"),
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Photographs at a time.")] = 4,
    write: Annotated[bool, typer.Option("--write", help="Set the directory's threshold.")] = False,
) -> None:
    """Measure your own people with the running stack, and say which threshold they need.

    Nothing is learned and no photograph is kept. Words and tables are explained in docs/thresholds.md.

    For example:

        faceserver calibrate people --directory acme --plot acme.svg

        faceserver calibrate people --directory acme --fpir 0.0001 --write
    """
    from faceserver import calibrate  # noqa: PLC0415 - brings numpy, which the other commands need not wait for

    request = calibrate.Request(folder, fpir, faces, face, concurrency, plot, write)
    check_ready(url, directory)
    with service(url, directory, LONG_PATIENCE_SECONDS) as client:
        try:
            calibrate.calibrate(request, client)
        except CalibrationError as error:
            end(Ending.REFUSED, error)
