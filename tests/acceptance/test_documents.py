"""The examples of docs/client.md and docs/command-line.md give the printed output."""

import shutil
import subprocess
import sys

import pytest
from PIL import ImageOps

from tests.acceptance.test_watch import save_video
from tests.commands import Commands
from tests.documents import blocks, examples, program, words
from tests.photographs import actor, astronaut, encoded, nobody
from tests.stack import Stack
from tests.waiting import PATIENCE_SECONDS

URL = "http://127.0.0.1:8080"


def test_the_program_of_the_client(stack: Stack, command: Commands):
    text = program("client.md")
    assert URL in text
    text = text.replace(URL, stack.url).replace('"party"', repr(command.environment["FACESERVER_DIRECTORY"]))
    (command.folder / "example.py").write_text(f"{text}\nclient.close()\n")

    printed = subprocess.run(
        [sys.executable, "-W", "error", "example.py"],
        cwd=command.folder,
        env=command.variables(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert printed.stderr == ""
    assert printed.stdout == "".join(blocks("client.md", "text"))


@pytest.mark.timeout(1800)
def test_the_commands(command: Commands):
    people = command.folder / "people"
    for person in ("ann", "bo"):
        (people / person).mkdir(parents=True)
    (people / "ann" / "1.jpg").write_bytes(encoded(ImageOps.mirror(astronaut())))
    (people / "bo" / "1.png").write_bytes(encoded(actor(), "PNG"))
    shutil.copy(command.folder / "party.jpg", people / "bo" / "crowd.jpg")
    save_video(command.folder / "door.avi", [(nobody(), 2), (astronaut(), 3), (nobody(), 4)])

    for example in examples("command-line.md"):
        if not example.command.startswith("export "):
            assert words(command.shell(example.command)) == words(example.printed), example.command
