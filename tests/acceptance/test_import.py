"""`faceserver import`: killed, begun again, and what it says."""

import json
import signal
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from faceserver import Client
from tests.commands import Commands
from tests.gate import Gate, gate_before
from tests.photographs import CLEAR_STRANGERS, actor, astronaut, encoded, stranger
from tests.stack import Stack, new_stack
from tests.waiting import PATIENCE_SECONDS, wait_until

PEOPLE = 60


@pytest.fixture
def people(command: Commands) -> Path:
    """A photograph each of 60 people, 25 x 25 pixels enlarged; and what is refused."""
    folder = command.folder / "people"
    for number, who in enumerate(CLEAR_STRANGERS[:PEOPLE]):
        save(ImageOps.expand(stranger(who), 100, (128, 128, 128)), folder / f"person {number:02}" / "1.jpg")
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
    """Return how many persons and faces the directory has, by its list, for counts are remembered for a while."""
    with Client(stack.url, directory=command.environment["FACESERVER_DIRECTORY"]) as client:
        persons = list(client.persons())
    return len(persons), sum(person.faces for person in persons)


@contextmanager
def held_import(
    stack: Stack, command: Commands, people: Path, after: int, concurrency: int
) -> Iterator[tuple[Gate, Any]]:
    """An import whose photographs after the first so many wait; yields what holds them, and its process."""
    with gate_before(stack.url, after) as gate:
        command.environment["FACESERVER_URL"] = gate.url
        process = command.start("import", people.name, "--concurrency", concurrency, "--json")
        wait_until(lambda: gate.held == concurrency and lines_of_journals(command) == after)
        yield gate, process


def lines_of_journals(command: Commands) -> int:
    return sum(path.read_text().count("\n") for path in journals(command))


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


@pytest.mark.timing
def test_killed_in_the_middle_it_goes_on_from_there_and_nobody_is_learned_twice(
    stack: Stack, command: Commands, people: Path
):
    with held_import(stack, command, people, after=15, concurrency=4) as (gate, killed):
        killed.kill()
        killed.communicate()
        gate.open()

        run = command("import", people.name, "--json")

    assert "Resuming after 15 of 62 photographs." in run.stderr
    words = outcomes(run)
    assert words.total() == 62
    assert words["refused"] == 2
    assert words["known"] >= 13, "answered before the kill, so not sent again"
    assert words["learned"] + words["known"] == PEOPLE
    assert holds(stack, command) == (PEOPLE, PEOPLE)
    assert journals(command) == []


@pytest.mark.timing
def test_ctrl_c_says_how_far_it_is_and_the_next_run_goes_on(stack: Stack, command: Commands, people: Path):
    with held_import(stack, command, people, after=5, concurrency=2) as (gate, stopped):
        stopped.send_signal(signal.SIGINT)
        _, said = stopped.communicate(timeout=PATIENCE_SECONDS)
        gate.open()

        assert stopped.returncode == 130
        assert "5 of 62 photographs: " in said
        assert "Traceback" not in said
        assert "Resuming after 5 of 62 photographs." in command("import", people.name).stderr


@pytest.mark.timing
def test_a_service_that_has_lost_the_people_gets_them_all_again(stack: Stack, command: Commands, people: Path):
    with held_import(stack, command, people, after=15, concurrency=4) as (_, stopped):
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
    program = f"from faceserver.importing.journal import Journal; print(Journal(*{identity!r})._path)"
    line = subprocess.check_output([sys.executable, "-c", program], text=True, env=command.variables())
    return Path(line.strip())


@pytest.mark.timing
def test_fresh_sends_everything(stack: Stack, command: Commands, people: Path):
    with held_import(stack, command, people, after=5, concurrency=4) as (gate, stopped):
        stopped.kill()
        stopped.communicate()
        gate.open()

        assert "Resuming" not in command("import", people.name, "--fresh").stderr


@pytest.mark.timing
def test_a_photograph_that_vanishes_fails_alone(stack: Stack, command: Commands, people: Path):
    with held_import(stack, command, people, after=2, concurrency=1) as (gate, running):
        (people / "person 59" / "1.jpg").unlink()
        gate.open()
        out, said = running.communicate(timeout=PATIENCE_SECONDS)

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


@pytest.mark.timing
def test_a_service_that_goes_away_is_waited_for():
    with new_stack() as stack:
        stack.start()
        folder = stack.data.parent / "work"
        for number in range(12):
            portrait = astronaut() if number % 2 else actor()
            save(portrait.resize((300 + number, 300 + number)), folder / "people" / f"p{number}" / "1.jpg")
        command = Commands(stack, folder, uuid.uuid4().hex)
        with held_import(stack, command, folder / "people", after=2, concurrency=1) as (gate, running):
            stack.stop()
            gate.open()
            wait_until(lambda: gate.cut)
            stack.start()
            _, said = running.communicate(timeout=PATIENCE_SECONDS)

        assert running.returncode == 0, said
        assert holds(stack, command) == (12, 12)
        assert "12 of 12 photographs" in said
