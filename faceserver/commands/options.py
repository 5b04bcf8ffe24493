"""The options and arguments that commands share."""

from pathlib import Path
from typing import Annotated

import typer

from faceserver.calls import FaceChoice

Url = Annotated[str, typer.Option(envvar="FACESERVER_URL", help="Address of the running service.")]
Directory = Annotated[str, typer.Option(envvar="FACESERVER_DIRECTORY", help="The people's directory.")]
Person = Annotated[str, typer.Argument(help="An id or a name.", show_default=False)]
Files = Annotated[list[Path], typer.Argument(help="Photographs.", exists=True, dir_okay=False, show_default=False)]
People = Annotated[
    Path, typer.Argument(help="Photographs, in a sub-folder for each person.", exists=True, file_okay=False)
]
Face = Annotated[
    FaceChoice, typer.Option(help="Whom to take where a photograph shows several people; only: refuse it.")
]
Json = Annotated[bool, typer.Option("--json", help="Print a line of JSON for each result, for programs.")]
Limit = Annotated[int, typer.Option(help="Most of them to list.", min=1)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Wait = Annotated[bool, typer.Option("--wait", help="Return when the last image is gone, too.")]
Source = Annotated[
    str,
    typer.Argument(
        help="The number of a camera, an rtsp:// address, a video file or a folder of pictures.", show_default=False
    ),
]
