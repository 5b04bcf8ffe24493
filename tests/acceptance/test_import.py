"""`faceserver import`: killed, begun again, and what it says."""

import json
import os
import shutil
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
    assert outcomes(run) == {"learned": PEOPLE, "refused": 2, "skipped": 1}
    assert "Skipped readme.txt: By its name, the file is not a photograph." in run.stderr
    assert "crowd/1.jpg: More than one face detected." in run.stderr
    assert "nobody/sub/1.jpg: No face detected." in run.stderr
    assert f"62 of 62 photographs: {PEOPLE} learned, 0 known, 2 refused, 0 failed." in run.stderr
    assert holds(stack, command) == (PEOPLE, PEOPLE)
    assert journals(command) == [], "a complete import leaves no names behind"
    again = command("import", people.name, "--json", "--face", "largest")
    assert outcomes(again) == {"known": PEOPLE, "learned": 1, "refused": 1, "skipped": 1}


def test_a_zip_of_a_folder_is_imported_like_the_folder(stack: Stack, command: Commands):
    for name, photograph in (("ann/1", "ann.jpg"), ("Zoë/1", "party.jpg")):
        path = command.folder / "set" / "people" / f"{name}.jpg"
        path.parent.mkdir(parents=True)
        path.write_bytes((command.folder / photograph).read_bytes())
    (command.folder / "set" / "people" / "list.csv").write_text("ann;Zoë")
    (command.folder / "set" / "people" / ".DS_Store").write_text("-")
    shutil.make_archive(str(command.folder / "set"), "zip", command.folder, "set")

    folder, archive = (command("import", name, "--face", "largest", "--json") for name in ("set", "set.zip"))

    assert (folder.returncode, archive.returncode) == (0, 0), archive.stderr
    assert outcomes(folder) == {"learned": 2, "skipped": 1}
    assert outcomes(archive) == {"known": 2, "skipped": 1}
    for run in (folder, archive):
        assert "people/list.csv: By its name, the file is not a photograph." in run.stderr
        assert "2 of 2 photographs: " in run.stderr
    assert holds(stack, command) == (2, 2)


@pytest.mark.parametrize("where", ["known", "known.zip"])
def test_photographs_of_several_people_in_one_folder_are_refused(command: Commands, where: str):
    (command.folder / "known" / "known").mkdir(parents=True)
    for name in ("ann", "bo"):
        (command.folder / "known" / "known" / f"{name}.jpg").write_bytes((command.folder / "ann.jpg").read_bytes())
    shutil.make_archive(str(command.folder / "known"), "zip", command.folder, "known")

    run = command("import", where)

    assert run.returncode in {1, 2}
    assert "contains no photographs of people. Put the photographs of each person into a separate" in run.stderr


def test_no_name_of_a_file_stops_a_command(stack: Stack, command: Commands):
    """A name in another encoding than UTF-8, and names that would end a line."""
    for name, photograph in (
        (b"ann/Zo\xeb.jpg", "ann.jpg"),
        (b"a\nb/1.jpg", "ann.jpg"),
        (b"bo/a\nb\x1b.jpg", "cup.jpg"),
    ):
        path = command.folder / "odd\udceb" / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((command.folder / photograph).read_bytes())
    shutil.copytree(command.folder / "odd\udceb" / "ann", command.folder / "odd\udceb" / "bo\udcff")
    ann = "odd\udceb/ann/Zo\udceb.jpg"

    first = command("import", "odd\udceb", "--json")
    lines = [json.loads(line) for line in first.stdout.splitlines()]
    assert sorted((line["file"], line["person"], line["outcome"]) for line in lines) == [
        ("a\nb/1.jpg", "a\nb", "refused"),
        ("ann/Zo\\xeb.jpg", "ann", "learned"),
        ("bo/a\nb\x1b.jpg", "bo", "refused"),
        ("bo\\xff/Zo\\xeb.jpg", "bo\\xff", "refused"),
    ]
    assert "bo/a\\nb\\x1b.jpg: No face detected." in first.stderr.splitlines()
    assert "bo\\xff/Zo\\xeb.jpg: The name of the person's folder is not UTF-8; rename the folder." in first.stderr
    assert holds(stack, command) == (1, 1)

    assert command("learn", "ann", ann).stdout == "odd\\xeb/ann/Zo\\xeb.jpg: already known\n"
    for call in ("recognize", "detect"):
        assert json.loads(command(call, ann, "--json").stdout)["file"] == "odd\\xeb/ann/Zo\\xeb.jpg"
        assert "Zo\\xeb.jpg" in command(call, ann).stdout
    assert "Zo\\xeb.jpg" in command("verify", "ann", ann).stdout
    assert "not UTF-8" in command("learn", "Zo\udceb", ann).stderr
    assert "Skipped bo/a\\nb\\x1b.jpg: no faces found" in command("calibrate", "odd\udceb").stdout


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
    assert words.total() == 63
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


@pytest.mark.long
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
        assert outcomes(run).total() == 63
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
    assert words == {"learned": PEOPLE - 1, "refused": 2, "failed": 1, "skipped": 1}
    assert "person 59/1.jpg: [Errno 2]" in said
    assert "Traceback" not in said


def test_a_state_folder_that_cannot_be_written_is_told_of_and_no_more(command: Commands, people: Path):
    command.state.write_text("no folder")

    run = command("import", people.name, "--json")

    assert outcomes(run) == {"learned": PEOPLE, "refused": 2, "skipped": 1}
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
