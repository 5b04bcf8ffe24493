"""What commands ask before they delete, and what they say afterwards."""

import typer

from faceserver.commands.printing import counted, print_json
from faceserver.results import Deletion


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless `yes`; end the command where the answer is no."""
    if not yes:
        typer.confirm(question, abort=True, err=True)


def print_receipt(deletion: Deletion, as_json: bool) -> None:
    """Print how much was deleted."""
    if as_json:
        print_json(deletion)
        return
    counts = ((deletion.persons, "person"), (deletion.faces, "face"), (deletion.images, "image"))
    last = "the last image is gone" if deletion.finished_at else "the images follow"
    typer.echo(f"Deleted {', '.join(counted(*count) for count in counts)}; {last}. Receipt: {deletion.deletion}")
