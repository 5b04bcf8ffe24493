"""`faceserver verify` and `faceserver compare`: one against one."""

from pathlib import Path
from typing import Annotated

import typer

from faceserver.commands.endings import Ending, end, service
from faceserver.commands.options import Directory, Face, Json, Person, Url
from faceserver.commands.printing import decided, print_json, print_table
from faceserver.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.results import Box, Comparison

Photograph = Annotated[Path, typer.Argument(help="A photograph.", exists=True, dir_okay=False, show_default=False)]

_SIMILAR = ("decision", "similarity", "probability")


def verify(
    person: Person,
    file: Photograph,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    face: Face = "only",
    as_json: Json = False,
) -> None:
    """Say whether a photograph shows PERSON; the exit status is 4 where it does not for sure.

    For example:

        faceserver verify ann door.jpg

        faceserver verify ann door.jpg && open-the-door
    """
    with service(url, directory) as client:
        found = client.verify(person, file, face=face)
    if as_json:
        print_json(found)
    else:
        row = (file.name, found.person, decided(found.decision), found.similarity, found.probability)
        print_table(("file", "person", *_SIMILAR), [row])
    if found.decision != "match":
        raise typer.Exit(Ending.NO)


def compare(source: Photograph, target: Photograph, *, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Compare every face of one photograph with every face of another; the exit status is 4 where no two match.

    For example:

        faceserver compare passport.jpg selfie.jpg
    """
    with service(url, DEFAULT_DIRECTORY) as client:
        found = client.compare(source, target)
    if as_json:
        print_json(found)
    else:
        _print(found)
    if all(pair.decision != "match" for pair in found.comparisons):
        raise typer.Exit(Ending.NO)


def _print(found: Comparison) -> None:
    if not found.comparisons:
        end(Ending.NO, "There are not two faces to compare.")
    rows = [
        (
            _where(found.source_faces[pair.source].box),
            _where(found.target_faces[pair.target].box),
            decided(pair.decision),
            pair.similarity,
            pair.probability,
        )
        for pair in found.comparisons
    ]
    print_table(("source", "target", *_SIMILAR), rows)


def _where(box: Box) -> str:
    return " ".join(map(str, box))
