"""`faceserver verify` and `faceserver compare`: one against one."""

from pathlib import Path
from typing import Annotated

import typer

from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import Comparison
from faceserver.commands.shared.options import Detail, Directory, Face, Json, Orientation, Person, Url
from faceserver.commands.shared.photographs import note_omitted
from faceserver.commands.shared.printing import decided, print_json, print_table
from faceserver.commands.shared.service import ExitStatus, fail, service

Photograph = Annotated[Path, typer.Argument(help="A photograph.", exists=True, dir_okay=False, show_default=False)]

_RESULT_COLUMNS = ("decision", "similarity", "probability")


def verify(
    person: Person,
    file: Photograph,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    face: Face = "only",
    orientation: Orientation = "auto",
    detail: Detail = "auto",
    as_json: Json = False,
) -> None:
    """Check whether a photograph shows PERSON; the exit status is 4 unless the decision is 'match'.

    For example:

        faceserver verify ann door.jpg

        faceserver verify ann door.jpg && open-the-door
    """
    with service(url, directory) as client:
        found = client.verify(person, file, face=face, orientation=orientation, detail=detail)
    if as_json:
        print_json(found)
    else:
        row = (file.name, found.person, decided(found.decision, found.reason), found.similarity, found.probability)
        print_table(("file", "person", *_RESULT_COLUMNS), [row])
    if found.decision != "match":
        raise typer.Exit(ExitStatus.NO)


def compare(
    source: Photograph,
    target: Photograph,
    *,
    url: Url = DEFAULT_URL,
    orientation: Orientation = "auto",
    detail: Detail = "auto",
    as_json: Json = False,
) -> None:
    """Compare every face of one photograph with every face of another; the exit status is 4 if no pair matches.

    For example:

        faceserver compare passport.jpg selfie.jpg
    """
    with service(url, DEFAULT_DIRECTORY) as client:
        found = client.compare(source, target, orientation=orientation, detail=detail)
    for file, omitted in ((source, found.source_faces_omitted), (target, found.target_faces_omitted)):
        note_omitted(file, omitted)
    if as_json:
        print_json(found)
    else:
        _print(found)
    if all(pair.decision != "match" for pair in found.comparisons):
        raise typer.Exit(ExitStatus.NO)


def _print(found: Comparison) -> None:
    if not found.comparisons:
        fail(ExitStatus.NO, "Each of the two photographs must show a face.")
    rows = [
        (
            found.source_faces[pair.source].box,
            found.target_faces[pair.target].box,
            decided(pair.decision, pair.reason),
            pair.similarity,
            pair.probability,
        )
        for pair in found.comparisons
    ]
    print_table(("source", "target", *_RESULT_COLUMNS), rows)
