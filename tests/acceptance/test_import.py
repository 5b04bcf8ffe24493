"""`faceserver import`: killed, begun again, and what it says."""

import json
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageOps

from faceserver import Client
from tests.commands import Commands
from tests.photographs import actor, astronaut, encoded
from tests.stack import Stack, new_stack, wait_until

PEOPLE = 60


@pytest.fixture
def people(command: Commands) -> Path:
    """A photograph each of 60 people, 25 x 25 pixels enlarged; and what is refused."""
    folder = command.folder / "people"
    for number, pixels in enumerate((skimage.data.lfw_subset()[:PEOPLE] * 255).astype(np.uint8)):
        face = Image.fromarray(pixels).resize((200, 200), Image.Resampling.BICUBIC).convert("RGB")
        save(ImageOps.expand(face, 100, (128, 128, 128)), folder / f"person {number:02}" / "1.jpg")
    (folder / "crowd").mkdir()
    (folder / "crowd" / "1.jpg").write_bytes((command.folder / "party.jpg").read_bytes())
    (folder / "nobody").mkdir()
    (folder / "nobody" / "sub").mkdir()
    (folder / "nobody" / "sub" / "1.jpg").write_bytes((command.folder / "cup.jpg").read_bytes())
    (folder / "nobody" / ".hidden").write_text("-")
    (folder / "readme.txt").write_text("belongs to nobody")
    return folder


def save(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(image))


def outcomes(run: Any) -> Counter[str]:
    return Counter(json.loads(line)["outcome"] for line in run.stdout.splitlines())


def holds(stack: Stack, command: Commands) -> tuple[int, int]:
    with Client(stack.url, directory=command.environment["FACESERVER_DIRECTORY"]) as client:
        time.sleep(1.5)  # the service remembers counts for a second
        directory = client.get_directory()
    return directory.persons, directory.faces


def journals(command: Commands) -> list[Path]:
    return list(command.state.rglob("*.jsonl"))


def test_everybody_is_learned_and_refusals_have_their_reason(stack: Stack, command: Commands, people: Path):
    run = command("import", people.name, "--json")

    assert run.returncode == 1, run.stderr
    assert outcomes(run) == {"learned": PEOPLE, "refused": 2}
    assert "crowd/1.jpg: More than one face detected." in run.stderr
    assert "nobody/sub/1.jpg: No face detected." in run.stderr
    assert f"62 of 62 photographs: {PEOPLE} learned, 0 known, 2 refused, 0 failed." in run.stderr
    assert holds(stack, command) == (PEOPLE, PEOPLE)
    assert journals(command) == [], "a complete import leaves no names behind"
    again = command("import", people.name, "--json", "--face", "largest")
    assert outcomes(again) == {"known": PEOPLE, "learned": 1, "refused": 1}


def test_killed_in_the_middle_it_goes_on_from_there_and_nobody_is_learned_twice(
    stack: Stack, command: Commands, people: Path
):
    killed = command.start("import", people.name, "--concurrency", "4")
    wait_until(lambda: any(path.read_text().count("\n") >= 15 for path in journals(command)), 60)
    killed.kill()
    killed.communicate()
    [journal] = journals(command)
    done = journal.read_text().count("\n")
    assert 15 <= done < 62

    run = command("import", people.name, "--json")

    assert f"Resuming after {done} of 62 photographs." in run.stderr
    words = outcomes(run)
    assert words.total() == 62
    assert words["refused"] == 2
    assert words["known"] >= done - 2, "answered before the kill, so not sent again"
    assert words["learned"] + words["known"] == PEOPLE
    assert holds(stack, command) == (PEOPLE, PEOPLE)
    assert journals(command) == []


def test_ctrl_c_says_how_far_it_is_and_the_next_run_goes_on(command: Commands, people: Path):
    stopped = command.start("import", people.name, "--concurrency", "2")
    wait_until(lambda: any(path.read_text().count("\n") >= 5 for path in journals(command)), 60)
    stopped.send_signal(signal.SIGINT)
    _, said = stopped.communicate(timeout=60)

    assert stopped.returncode == 130
    assert " of 62 photographs: " in said
    assert "Traceback" not in said
    assert "Resuming after " in command("import", people.name).stderr


def test_a_service_that_has_lost_the_people_gets_them_all_again(command: Commands, people: Path):
    stopped = command.start("import", people.name, "--concurrency", "4")
    wait_until(lambda: any(path.read_text().count("\n") >= 15 for path in journals(command)), 60)
    stopped.kill()
    stopped.communicate()
    with new_stack() as empty:
        empty.start()
        [journal] = journals(command)
        identity = [empty.url, command.environment["FACESERVER_DIRECTORY"], str(people.resolve()), "only"]
        moved = journal_of(command, identity)
        journal.rename(moved)

        run = command("import", people.name, "--json", "--url", empty.url)

        assert "Resuming" not in run.stderr
        assert outcomes(run)["refused"] == 2
        assert outcomes(run).total() == 62
        assert holds(empty, command) == (PEOPLE, PEOPLE)


def journal_of(command: Commands, identity: list[str]) -> Path:
    """Where the journal of another import stands."""
    program = f"from faceserver.import_journal import Journal; print(Journal(*{identity!r})._path)"
    line = subprocess.check_output([sys.executable, "-c", program], text=True, env=command.variables())
    return Path(line.strip())


def test_fresh_sends_everything(command: Commands, people: Path):
    stopped = command.start("import", people.name, "--concurrency", "4")
    wait_until(lambda: any(path.read_text().count("\n") >= 5 for path in journals(command)), 60)
    stopped.kill()
    stopped.communicate()

    assert "Resuming" not in command("import", people.name, "--fresh").stderr


def test_a_photograph_that_vanishes_fails_alone(command: Commands, people: Path):
    running = command.start("import", people.name, "--concurrency", "1", "--json")
    wait_until(lambda: any(path.read_text().count("\n") >= 2 for path in journals(command)), 60)
    (people / "person 59" / "1.jpg").unlink()
    out, said = running.communicate(timeout=100)

    words = Counter(json.loads(line)["outcome"] for line in out.splitlines())
    assert words == {"learned": PEOPLE - 1, "refused": 2, "failed": 1}
    assert "person 59/1.jpg: [Errno 2]" in said
    assert "Traceback" not in said


def test_a_state_folder_that_cannot_be_written_is_told_of_and_no_more(command: Commands, people: Path):
    command.state.write_text("no folder")

    run = command("import", people.name, "--json")

    assert outcomes(run) == {"learned": PEOPLE, "refused": 2}
    assert "The import journal could not be written, so another run cannot resume: [Errno 20]" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_service_that_goes_away_is_waited_for():
    with new_stack() as stack:
        stack.start()
        folder = stack.data.parent / "work"
        for number in range(12):
            portrait = astronaut() if number % 2 else actor()
            save(portrait.resize((300 + number, 300 + number)), folder / "people" / f"p{number}" / "1.jpg")
        command = Commands(stack, folder, uuid.uuid4().hex)
        running = command.start("import", "people", "--concurrency", "1")
        wait_until(lambda: any(path.read_text().count("\n") >= 2 for path in journals(command)), 60)
        stack.stop()
        stack.start()
        _, said = running.communicate(timeout=100)

        assert running.returncode == 0, said
        assert holds(stack, command) == (12, 12)
        assert "12 of 12 photographs" in said
