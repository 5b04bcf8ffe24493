"""The options and arguments that commands share, and the question before a deletion."""

from pathlib import Path
from typing import Annotated

import typer

from faceserver.client import calls
from faceserver.client.calls import FaceChoice
from faceserver.file_names import is_decoded


def _decoded(name: str | None) -> str | None:
    """Return a name that the service can be sent. Raises BadParameter."""
    if name and not is_decoded(name):
        raise typer.BadParameter("The name is not UTF-8.")
    return name


Url = Annotated[str, typer.Option(envvar="FACESERVER_URL", help="Address of the running service.")]
Directory = Annotated[
    str, typer.Option(envvar="FACESERVER_DIRECTORY", help="Directory of the people.", callback=_decoded)
]
Person = Annotated[str, typer.Argument(help="Id of the person.", show_default=False, callback=_decoded)]
Files = Annotated[list[Path], typer.Argument(help="Photographs.", exists=True, dir_okay=False, show_default=False)]
FilesAndFolders = Annotated[
    list[Path], typer.Argument(help="Photographs, and folders of photographs.", exists=True, show_default=False)
]
People = Annotated[
    Path,
    typer.Argument(help="Folder with a sub-folder of photographs for each person.", exists=True, file_okay=False),
]
Face = Annotated[
    FaceChoice,
    typer.Option(help="Which face to take if a photograph shows several; 'only' refuses such a photograph."),
]
Orientation = Annotated[
    calls.Orientation,
    typer.Option(help="'auto' turns a photograph whose faces are not upright; 'as-sent' does not."),
]
Detail = Annotated[
    calls.Detail,
    typer.Option(help="'auto' looks for small faces in large photographs, 'full' in all, 'fast' in none."),
]
Json = Annotated[bool, typer.Option("--json", help="Print a line of JSON for each result, for programs.")]
Limit = Annotated[int, typer.Option(help="Maximum number to list.", min=1)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Wait = Annotated[bool, typer.Option("--wait", help="Return only when the last image is deleted.")]
Source = Annotated[
    str,
    typer.Argument(
        help="The number of a camera, an rtsp:// address, a video file or a folder of pictures.", show_default=False
    ),
]
FramesPerSecond = Annotated[float, typer.Option("--fps", help="Maximum number of frames per second.", min=0.01, max=60)]


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless `yes`; end the command if the answer is no."""
    if not yes:
        typer.confirm(question, abort=True, err=True)
