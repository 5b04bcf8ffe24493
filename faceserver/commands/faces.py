"""`faceserver persons faces`, `merge`, `merges` and `split`: which faces are whose."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from faceserver.client.client import Client
from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import Face
from faceserver.commands.shared.options import Directory, Json, Limit, Person, Url
from faceserver.commands.shared.printing import counted, first, print_json, print_table
from faceserver.commands.shared.service import ExitStatus, fail, service


def list_faces(
    person: Annotated[
        str | None, typer.Argument(help="Id of the person; not with --unrecognizable, and optional with --unlike.")
    ] = None,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    crops: Annotated[
        Path | None, typer.Option(help="Write each face to this folder as <id>.jpg.", file_okay=False)
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(
            help="List the faces most similar to those in this photograph first.", exists=True, dir_okay=False
        ),
    ] = None,
    unrecognizable: Annotated[
        bool,
        typer.Option(
            "--unrecognizable",
            help="List the directory's faces below its floor of recognizability, the least recognizable first.",
        ),
    ] = False,
    unlike: Annotated[
        bool,
        typer.Option("--unlike", help="List only faces that do not resemble the person's other photographs."),
    ] = False,
    limit: Limit = 100,
    ids: Annotated[bool, typer.Option("--ids", help="Print only the ids.")] = False,
    as_json: Json = False,
) -> None:
    """List the faces of a person, oldest first, or faces of a directory that may be enrolled by mistake.

    For example:

        faceserver persons faces ann

        faceserver persons faces ann --crops faces-of-ann

        faceserver persons faces ann --like stranger.jpg --ids | head -1

        faceserver persons faces --unrecognizable --crops to-look-at

        faceserver persons faces --unlike --crops to-look-at
    """
    if (unrecognizable and (person or unlike)) or not (person or unrecognizable or unlike):
        fail(ExitStatus.USAGE, "Give a person, --unlike or both, or only --unrecognizable.")
    with service(url, directory) as client:
        if person:
            faces = client.faces(person, unlike=unlike)
        else:
            faces = client.directory_faces(unrecognizable=unrecognizable, unlike=unlike)
        found = [(face, _resemblance(client, face, like)) for face in first(faces, limit)]
        if crops:
            _save(client, [face for face, _ in found], crops)
    if like:
        found.sort(key=lambda pair: -2 if pair[1] is None else pair[1], reverse=True)
    if ids or as_json:
        for face, similarity in found:
            typer.echo(face.face) if ids else print_json(face, similarity=similarity)
    else:
        _print(found, by_person=person is None, is_ranked=like is not None)


def _print(found: list[tuple[Face, float | None]], *, by_person: bool, is_ranked: bool) -> None:
    """Print a table that is narrow enough for the ids."""
    if found and found[0][0].unlike:
        unlike = [(face.face, face.person, face.unlike.similarity) for face, _ in found if face.unlike]
        print_table(("face", "person", "similarity to their others"), unlike)
    elif by_person:
        rows: list[tuple[object, ...]] = [(face.face, face.person, face.recognizability) for face, _ in found]
        print_table(("face", "person", "recognizability"), rows)
    elif is_ranked:
        print_table(("face", "similarity", "learned"), [(face.face, value, face.created_at) for face, value in found])
    else:
        rows = [(face.face, face.recognizability, face.created_at) for face, _ in found]
        print_table(("face", "recognizability", "learned"), rows)


def _resemblance(client: Client, face: Face, photograph: Path | None) -> float | None:
    """Return the similarity of an enrolled face to the most similar one in a photograph, None without either."""
    if photograph is None or face.image is None:
        return None
    found = client.compare(client.fetch(face.image), photograph)
    own = next((index for index, source in enumerate(found.source_faces) if source.box == face.box), None)
    return max((pair.similarity for pair in found.comparisons if pair.source == own), default=None)


def merge(
    person: Person,
    others: Annotated[list[str], typer.Argument(help="Ids of the people to merge into PERSON.", show_default=False)],
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: Json = False,
) -> None:
    """Merge people into PERSON, who gets all their faces; their ids are removed.

    For example:

        faceserver persons merge ann ann-2 annie
    """
    with service(url, directory) as client:
        merged = client.merge(person, others)
    if as_json:
        print_json(merged)
    else:
        typer.echo(f"{merged.person} now has {counted(merged.faces, 'face')}. To undo the merge:")
        typer.echo(f"faceserver persons split {quote(merged.person)} --undo {merged.merge}")


def list_merges(
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    person: Annotated[str | None, typer.Option(help="Only merges into this person.")] = None,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """List merges, the latest first, and whether each can be undone.

    For example:

        faceserver persons merges --limit 1
    """
    with service(url, directory) as client:
        found = first(client.merges(person=person), limit)
        if as_json:
            for merge in found:
                print_json(merge)
        else:
            rows = (
                (
                    each.merge,
                    each.person,
                    ", ".join(merged.person for merged in each.persons),
                    each.merged_at,
                    each.obstacle or "can be undone",
                )
                for each in found
            )
            print_table(("merge", "into", "merged", "at", "undoing"), rows)


def split(
    person: Person,
    faces: Annotated[list[str] | None, typer.Argument(help="Ids of the faces to move.", show_default=False)] = None,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    to: Annotated[str | None, typer.Option(help="Id of the person who gets these faces.")] = None,
    existing: Annotated[bool, typer.Option("--existing", help="Allow a person who exists already.")] = False,
    undo: Annotated[str | None, typer.Option(help="Merge to undo, instead of moving faces.", metavar="MERGE")] = None,
    as_json: Json = False,
) -> None:
    """Move some faces of PERSON to another person, or undo a merge.

    For example:

        faceserver persons split ann 1120092e-8684-446d-9dd1-6a35418df10e --to bo

        faceserver persons split ann --undo 7c0ff9e8-3c79-4a5d-a9c2-8f7f5c7d6f11
    """
    if bool(undo) is bool(faces) or bool(to) is not bool(faces):
        fail(ExitStatus.USAGE, "Give face ids and --to, or only --undo.")
    with service(url, directory) as client:
        if undo:
            changed = client.undo_merge(person, undo, into_existing=existing)
        else:
            changed = client.split(person, faces or [], to or "", into_existing=existing)
    for each in changed.persons:
        print_json(each) if as_json else typer.echo(f"{each.person} now has {counted(each.faces, 'face')}.")


def _save(client: Client, faces: list[Face], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for face in faces:
            (folder / f"{face.face}.jpg").write_bytes(client.face_crop(face.person, face.face))
    except OSError as error:
        fail(ExitStatus.USAGE, f"{folder} cannot be written to: {error.strerror}.")
