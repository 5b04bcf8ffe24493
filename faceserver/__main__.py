"""The command line."""

import sys
from io import TextIOWrapper


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, TextIOWrapper):  # no text that the terminal's encoding lacks ends a command
        sys.stdout.reconfigure(errors="backslashreplace")
    if sys.argv[1:2] == ["serve"]:
        _serve(sys.argv[2:])
    from faceserver.commands.app import app  # noqa: PLC0415 - takes longer than to start the stack

    app(prog_name="faceserver")


def _serve(options: list[str]) -> None:
    """Run `serve` without importing the other commands, and end the process."""
    import typer  # noqa: PLC0415

    from faceserver.commands.serve import serve  # noqa: PLC0415

    alone = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    alone.command()(serve)
    alone(options, prog_name="faceserver serve")


if __name__ == "__main__":
    main()
