"""`faceserver` as a person or a script runs it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
from typer.testing import CliRunner

from faceserver.commands.app import app
from tests.stack import Stack
from tests.waiting import PATIENCE_SECONDS


def run(*arguments: object, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `faceserver` to its end, in this process: a new one takes a second of a core to import it."""
    words = [*map(str, arguments)]
    outcome = CliRunner().invoke(app, words, env=environment, prog_name="faceserver", catch_exceptions=False)
    return subprocess.CompletedProcess(words, outcome.exit_code, outcome.stdout, outcome.stderr)


class Commands:
    """Runs the command against a stack, in a folder, with a state folder of its own."""

    def __init__(self, stack: Stack, folder: Path, directory: str) -> None:
        self.folder = folder
        self.state = folder / ".state"
        self.environment = {
            "FACESERVER_URL": stack.url,
            "FACESERVER_DIRECTORY": directory,
            "XDG_STATE_HOME": str(self.state),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "COLUMNS": "100",
        }

    def __call__(
        self, *arguments: object, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end, in this process."""
        with chdir(self.folder):
            return run(*arguments, environment={**self.environment, **(environment or {})})

    def shell(self, line: str, seconds: float = PATIENCE_SECONDS) -> str:
        """Run a line of the shell to its end and return what a person sees, the directory being called office."""
        script = f'faceserver() {{ "{sys.executable}" -m faceserver "$@"; }}\n{line}'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        return done.stdout.replace(self.environment["FACESERVER_DIRECTORY"], "office")

    def start(self, *arguments: object) -> Any:
        """Start it and return its process."""
        return psutil.Popen(
            [sys.executable, "-m", "faceserver", *map(str, arguments)],
            cwd=self.folder,
            env=self.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def variables(self, environment: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a process that runs it."""
        return {**os.environ, **self.environment, **(environment or {})}  # noqa: TID251 - handed on, not read
