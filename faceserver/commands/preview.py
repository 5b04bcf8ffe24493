"""`faceserver preview`."""

from pathlib import Path
from typing import Annotated

import typer

from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.commands.shared.options import Url
from faceserver.commands.shared.service import ExitStatus, fail, service
from faceserver.file_names import shown


def preview(
    photograph: Annotated[Path, typer.Argument(help="Photograph.", exists=True, dir_okay=False, show_default=False)],
    jpeg: Annotated[Path, typer.Argument(help="JPEG file to write.", dir_okay=False, show_default=False)],
    *,
    url: Url = DEFAULT_URL,
    size: Annotated[int, typer.Option(help="Maximum length of the longer side, in pixels.", min=16, max=4096)] = 2048,
) -> None:
    """Turn a photograph of any format into an upright JPEG that every browser shows. Nothing is stored.

    For example:

        faceserver preview holiday.heic holiday.jpg --size 800
    """
    with service(url, DEFAULT_DIRECTORY) as client:
        made = client.preview(photograph, size=size)
    try:
        jpeg.write_bytes(made)
    except OSError as error:
        fail(ExitStatus.USAGE, f"{shown(jpeg)} cannot be written: {error.strerror}.")
