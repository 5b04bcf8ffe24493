"""The commands that call a running stack: their output and exit statuses."""

import json
import os
import shlex
import shutil
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.commands import Commands
from tests.photographs import actor, astronaut, encoded
from tests.ports import free_port
from tests.stack import Stack
from tests.waiting import PATIENCE_SECONDS


def test_learn_prints_the_outcome_of_each_photograph(command: Commands):
    first = command("learn", "ann", "ann.jpg", "cup.jpg")
    again = command("learn", "ann", "ann.jpg")
    largest = command("learn", "ann", "party.jpg", "--face", "largest")

    assert (first.returncode, first.stdout) == (1, "ann.jpg: learned\n")
    assert first.stderr == "cup.jpg: No face detected.\n"
    assert (again.returncode, again.stdout, again.stderr) == (0, "ann.jpg: already known\n", "")
    assert (largest.returncode, largest.stdout) == (0, "party.jpg: learned\n")


def test_recognize_prints_a_table(command: Commands):
    command("learn", "[bold]ann[/]", "ann.jpg")
    run = command("recognize", "party.jpg", "cup.jpg")

    lines = [line.split() for line in run.stdout.splitlines() if ".jpg" in line]
    assert run.returncode == 0, run.stderr
    assert [line[:3] for line in lines[:1]] == [["party.jpg", "[bold]ann[/]", "match"]]
    assert lines[1][:2] == ["party.jpg", "unknown"]
    assert lines[2] == ["cup.jpg", "nobody"]


def test_status_shows_the_last_minute_and_the_vectorizers(command: Commands):
    command("recognize", "ann.jpg")
    table = command("status")
    [line] = command("status", "--json").stdout.splitlines()

    status = json.loads(line)
    [vectorizer] = status["vectorizers"]
    assert status["recognize"]["requests"] >= 1
    assert vectorizer["url"] in table.stdout
    assert {"recognize", "learn", "ready", "p99", f"{vectorizer['lanes']}"} <= set(table.stdout.split())
    assert (table.returncode, table.stderr) == (0, "")


def test_recognize_says_why_nobody_can_be_recognized(command: Commands):
    run = command("recognize", "ann.jpg", "party.jpg", "--directory", "acmee")

    assert run.returncode == 0
    assert run.stderr == "The directory acmee does not exist, so that nobody is recognized in it.\n"


def test_recognize_prints_json_for_programs(command: Commands):
    command("learn", "Žofie 🧑‍🚀", "ann.jpg")
    (command.folder / "broken.jpg").write_bytes(encoded(astronaut())[:1000])
    run = command("recognize", "party.jpg", "broken.jpg", "cup.jpg", "--json", "--k", "1")

    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert [each["file"] for each in found] == ["party.jpg", "cup.jpg"]
    assert {face["person"] for face in found[0]["faces"]} == {"Žofie 🧑‍🚀", None}
    assert run.stderr.startswith("broken.jpg: The JPEG file is damaged or incomplete")
    assert run.returncode == 1


def people_in_a_folder(command: Commands) -> None:
    """Make a folder of photographs, with what else is found in folders."""
    folder = command.folder / "people"
    (folder / "a").mkdir(parents=True)
    for name in ("10.jpg", "2.jpg", "a/1.jpg", ".hidden.jpg"):
        shutil.copy(command.folder / "ann.jpg", folder / name)
    (folder / "broken.jpg").write_bytes(encoded(astronaut())[:1000])
    (folder / "notes.jpg").write_text("text")
    shutil.copy(command.folder / "cup.jpg", folder / os.fsdecode(b"caf\xe9.jpg"))


@pytest.mark.parametrize("name", ["recognize", "detect"])
def test_folders_are_looked_through_in_natural_order(command: Commands, name: str):
    people_in_a_folder(command)
    command("learn", "ann", "ann.jpg")

    run = command(name, "people", "ann.jpg", "--json")

    found = ["people/2.jpg", "people/10.jpg", "people/a/1.jpg", "people/caf\\xe9.jpg", "ann.jpg"]
    assert [json.loads(line)["file"] for line in run.stdout.splitlines()] == found
    broken, notes = sorted(run.stderr.splitlines())
    assert broken.startswith("people/broken.jpg: The JPEG file is damaged or incomplete")
    assert notes == "people/notes.jpg: skipped. It is not an image."
    assert run.returncode == 1, "for the damaged one"
    (command.folder / "people/broken.jpg").unlink()
    run = command(name, "people", "ann.jpg", environment={"COLUMNS": "160"})
    assert run.returncode == 0
    assert [line.split()[0] for line in run.stdout.splitlines() if ".jpg" in line] == found


def test_a_folder_without_photographs_is_said(command: Commands):
    (command.folder / "empty").mkdir()
    command("learn", "ann", "ann.jpg")
    run = command("recognize", "empty", "ann.jpg")
    assert (run.returncode, run.stderr) == (1, "empty contains no photographs.\n")
    assert "ann.jpg" in run.stdout


def test_recognize_draws_boxes_and_names_on_the_upright_photograph(command: Commands):
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: rotate by 90 degrees clockwise
    lying = ImageOps.exif_transpose(astronaut()).rotate(90, expand=True)
    (command.folder / "lying.jpg").write_bytes(encoded(lying, exif=exif, quality=95))
    run = command("recognize", "lying.jpg", "--draw", "named.png", "--json")

    assert run.returncode == 0, run.stderr
    [face] = json.loads(run.stdout)["faces"]
    drawn, upright = np.asarray(Image.open(command.folder / "named.png"), int), np.asarray(astronaut(), int)
    changed = np.argwhere(np.abs(drawn - upright).max(axis=2) > 60)
    (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0)
    assert abs(left - face["box"][0]) <= 3
    assert abs(right - face["box"][2]) <= 3
    assert abs(bottom - face["box"][3]) <= 3
    assert top < face["box"][1], "the name stands above the box"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("recognize", "ann.jpg", "cup.jpg", "--draw", "out.jpg"), "--draw takes one photograph."),
        (("recognize", ".", "--draw", "out.jpg"), "--draw takes one photograph."),
        (("recognize", "ann.jpg", "--draw", "out.none"), "out.none cannot be written: unknown file extension: .none."),
        (("recognize", "ann.jpg", "--draw", "no/out.jpg"), "no/out.jpg cannot be written"),
        (("recognize", "none.jpg"), "none.jpg"),
        (("learn", "ann"), "Missing argument"),
        (("recognize", "ann.jpg", "--url", "localhost:8080"), "localhost:8080 is not a valid URL"),
        (("detect", "ann.jpg", "--draw", "no/out.jpg"), "no/out.jpg cannot be written"),
        (("import", "ann.jpg"), "ann.jpg is neither a folder nor a zip archive."),
        (("import", "."), "Put the photographs of each person into a separate sub-folder"),
        (("learn", "ann", "ann.jpg", "--face", "all"), "all"),
    ],
)
def test_wrong_use_is_explained(command: Commands, arguments: tuple[str, ...], said: str):
    run = command(*arguments)

    assert run.returncode == 2, run.stderr
    assert said in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("learn", "ann", "ann.jpg"),
        ("recognize", "ann.jpg"),
        ("import", "people"),
        ("watch", "none.avi"),
        ("directories", "show"),
        ("persons", "list"),
        ("verify", "ann", "ann.jpg"),
        ("register", "ann", "people"),
    ],
)
def test_a_stack_that_is_not_running_is_explained(command: Commands, arguments: tuple[str, ...]):
    (command.folder / "people" / "ann").mkdir(parents=True)
    (command.folder / "people" / "ann" / "1.jpg").write_bytes(b"-")
    url = f"http://127.0.0.1:{free_port()}"
    run = command(*arguments, environment={"FACESERVER_URL": url})

    assert run.returncode == 3
    assert f"The service at {url} does not answer" in run.stderr
    assert "Start the stack with 'faceserver serve', or give its address with --url." in run.stderr
    assert "Traceback" not in run.stderr


def test_directories(command: Commands):
    missing = command("directories", "show")
    made = command("directories", "set", "--fpir", "0.01", "--quality", "refuse", "--forget-unseen", "30")
    fixed = command("directories", "set", "--threshold", "0.5", "--json")
    kept = command("directories", "show")
    back = command("directories", "set", "--default")
    again = command("directories", "create")

    assert (again.returncode, again.stderr) == (1, "This name is already taken; nothing was changed.\n")
    assert (missing.returncode, missing.stderr) == (1, "This directory does not exist.\n")
    assert "fpir              0.01" in made.stdout
    assert json.loads(fixed.stdout)["thresholds"]["match"] == 0.5
    assert "quality           refuse" in kept.stdout
    assert "forgets unseen    30 days" in kept.stdout
    assert "fpir              not set" in kept.stdout
    assert command("directories", "show").stdout == back.stdout
    assert back.stdout.count("not set") == 8


def test_persons_are_listed_and_changed(command: Commands):
    command("learn", "ann", "ann.jpg")
    command("learn", "bo", "party.jpg", "--face", "largest")
    edited = command(
        "persons", "edit", "ann", "--name", "Ann", "--external-id", "7", "--metadata", '{"a": [1]}', "--json"
    )
    renamed = command("persons", "rename", "ann", "anna")
    taken = command("persons", "rename", "anna", "bo")
    listed = command("persons", "list", "--limit", "1")
    found = command("persons", "list", "--external-id", "7", "--json")
    emptied = command("persons", "edit", "anna", "--name", "", "--json")
    missing = command("persons", "show", "ann")

    assert json.loads(edited.stdout)["metadata"] == {"a": [1]}
    assert renamed.stdout == "ann is now anna.\n"
    assert (taken.returncode, bool(taken.stderr)) == (1, True)
    assert "anna" in listed.stdout
    assert listed.stderr == "There are more than 1; raise --limit to see them.\n"
    assert [json.loads(line)["person"] for line in found.stdout.splitlines()] == ["anna"]
    assert [json.loads(emptied.stdout)[name] for name in ("display_name", "external_id")] == [None, "7"]
    assert (missing.returncode, missing.stdout) == (1, "")


def test_persons_and_directories_are_deleted(command: Commands):
    command("learn", "ann", "ann.jpg")
    command("learn", "bo", "party.jpg", "--face", "largest")
    asked = command("persons", "delete", "ann")
    deleted = command("persons", "delete", "ann", "--yes", "--wait")
    again = command("persons", "delete", "ann", "--yes")
    listed = command("directories", "list", "--prefix", command.environment["FACESERVER_DIRECTORY"], "--json")
    rest = command("directories", "delete", "--yes", "--wait", "--json")

    assert (asked.returncode, asked.stdout.strip()) == (1, "")
    assert deleted.stdout.startswith("Deleted 1 person, 1 face, 1 image; all images are deleted.")
    assert (again.returncode, again.stdout.strip()) == (1, "")
    assert [json.loads(line)["persons"] for line in listed.stdout.splitlines()] == [1]
    receipt = json.loads(rest.stdout)
    assert (receipt["persons"], receipt["faces"], receipt["images"]) == (1, 1, 1)
    assert receipt["finished_at"]
    assert command("directories", "show").returncode == 1


def test_faces_are_listed_moved_and_merged(command: Commands):
    command("learn", "ann", "ann.jpg", "party.jpg", "--face", "largest")
    (command.folder / "bo.png").write_bytes(encoded(actor(), "PNG"))
    command("learn", "ann", "bo.png")
    *_, wrong = command("persons", "faces", "ann", "--ids", "--crops", "crops").stdout.split()
    alike = command("persons", "faces", "ann", "--like", "bo.png", "--json").stdout.splitlines()
    split = command("persons", "split", "ann", wrong, "--to", "bo")
    again = command("persons", "split", "ann", wrong, "--to", "bo")
    merged = command("persons", "merge", "ann", "bo")
    undone = command(*shlex.split(merged.stdout.splitlines()[-1])[1:])

    with Image.open(command.folder / "crops" / f"{wrong}.jpg") as crop:
        assert crop.size == (112, 112)
    assert [json.loads(line)["similarity"] > 0.9 for line in alike] == [True, False, False]
    assert json.loads(alike[0])["face"] == wrong
    assert (split.returncode, split.stdout) == (0, "bo now has 1 face.\n"), split.stderr
    assert (again.returncode, bool(again.stderr)) == (1, True)
    assert merged.stdout.startswith("ann now has 3 faces.")
    assert undone.stdout == "bo now has 1 face.\n", undone.stderr
    assert command("persons", "faces", "bo", "--ids").stdout.split() == [wrong]


def test_verify_and_compare(command: Commands):
    command("learn", "ann", "ann.jpg")

    assert command("verify", "ann", "ann.jpg").returncode == 0
    assert json.loads(command("verify", "ann", "party.jpg", "--face", "largest", "--json").stdout)["person"] == "ann"
    assert command("verify", "ann", "party.jpg").returncode == 1
    assert command("verify", "bo", "ann.jpg").returncode == 1
    assert command("compare", "ann.jpg", "party.jpg").returncode == 0
    nobody_there = command("compare", "ann.jpg", "cup.jpg")
    assert (nobody_there.returncode, nobody_there.stderr) == (4, "Each of the two photographs must show a face.\n")


def test_a_directory_is_exported_to_a_zip_and_imported_from_it(command: Commands):
    elsewhere = f"{command.environment['FACESERVER_DIRECTORY']} too"
    command("learn", "ann", "ann.jpg")
    person = command("export", "ann.zip", "--person", "ann")
    nowhere = command("export", "no/people.zip", "--person", "ann")
    people = command("export", "people.zip")
    back = command("import", "people.zip", "--json", environment={"FACESERVER_DIRECTORY": elsewhere})
    job = command("job", back.stderr.split()[1], "--json")
    with ZipFile(command.folder / "crowd.zip", "w") as archive:
        archive.write(command.folder / "party.jpg", "bo/crowd.jpg")
    refused = command("import", "crowd.zip")

    with ZipFile(command.folder / "ann.zip") as archive:
        assert any(name.startswith("crops/") for name in archive.namelist())
    assert (person.returncode, people.returncode) == (0, 0), people.stderr
    assert (nowhere.returncode, nowhere.stderr[:36]) == (2, "no/people.zip cannot be written: No ")
    [line] = back.stdout.splitlines()
    assert (json.loads(line)["person"], json.loads(line)["outcome"]) == ("ann", "learned")
    assert json.loads(job.stdout)["state"] == "done"
    assert refused.returncode == 1
    assert refused.stderr.endswith("1 of 1 photographs: 0 learned, 0 known, 1 refused, 0 failed.\n")


def test_detect(command: Commands):
    table = command("detect", "party.jpg", "cup.jpg")
    large = command("detect", "party.jpg", "--min-size", "85", "--draw", "faces.jpg", "--json")

    assert table.returncode == 0, table.stderr
    assert [line.split()[1] for line in table.stdout.splitlines() if "cup.jpg" in line] == ["nobody"]
    assert len([line for line in table.stdout.splitlines() if "party.jpg" in line]) == 2
    assert len(json.loads(large.stdout)["faces"]) == 1
    with Image.open(command.folder / "faces.jpg") as drawn:
        assert drawn.size == (624, 512)


def test_doubts_merges_scores_and_activity(command: Commands):
    for person in ("ann", "anna"):
        command("learn", person, "ann.jpg")
    command("persons", "edit", "anna", "--name", "Zoë Weiß")

    assert json.loads(command("persons", "list", "--search", "WEISS zoe", "--json").stdout)["person"] == "anna"
    assert command("persons", "list", "--warned", "--since", "2020-01-01", "--json").stdout.count("\n") == 1
    [warning] = map(json.loads, command("doubts", "faces", "--json").stdout.splitlines())
    assert (warning["face"]["person"], warning["other"]["person"]) == ("anna", "ann")
    assert command("doubts", "compare", "--wait").stdout == "2 of 2 faces compared.\n"
    assert "ann      anna" in command("doubts", "pairs").stdout
    assert command("doubts", "dismiss", warning["face"]["face"]).returncode == 0
    assert command("doubts", "faces", "--dismissed").stdout.count("enrolled-as-another") == 1
    assert command("doubts", "dismiss-pair", "anna", "ann").returncode == 0
    assert command("doubts", "pairs", "--json").stdout == ""
    assert command("doubts", "reopen", warning["face"]["face"]).returncode == 0
    assert command("doubts", "reopen-pair", "ann", "anna").returncode == 0
    assert command("doubts", "faces", "--json").stdout.count("\n") == 2
    unknown = command("doubts", "dismiss", "00000000-0000-0000-0000-000000000000")
    assert (unknown.returncode, unknown.stderr) == (1, "There is no warning about a face with this id.\n")

    command("persons", "merge", "ann", "anna")
    assert "can be undone" in command("persons", "merges").stdout
    assert "1 face of 1" in command("directories", "scores").stdout
    assert "merged into ann" in command("directories", "activity").stdout
    assert command("directories", "activity", "--kind", "photograph").stdout.count("ann learned") == 1


def test_preview(command: Commands):
    run = command("preview", "ann.jpg", "small.jpg", "--size", "100")
    nowhere = command("preview", "ann.jpg", "no/small.jpg")
    assert run.returncode == 0, run.stderr
    with Image.open(command.folder / "small.jpg") as made:
        assert max(made.size) == 100
    assert (nowhere.returncode, nowhere.stderr[:35]) == (2, "no/small.jpg cannot be written: No ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_the_commands(command: Commands, shell: str):
    words = {"COMP_WORDS": "faceserver rec", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "faceserver rec"}
    action = {"_FACESERVER_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    assert "recognize" in command(environment=words | action).stdout


def test_calling_a_service_needs_nothing_of_the_stack(command: Commands):
    command.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    _, said = command.start("recognize", "ann.jpg").communicate(timeout=PATIENCE_SECONDS)

    brought = {line.rpartition("|")[2].strip() for line in said.splitlines() if line.startswith("import time:")}
    assert "httpx" in brought
    heavy = {
        "numpy",
        "cv2",
        "PIL",
        "fastapi",
        "uvicorn",
        "onnxruntime",
        "asyncpg",
        "apiserver",
        "faceserver.standalone.stack",
    }
    assert brought & heavy == set()


def test_the_audit_of_a_running_stack(command: Commands, stack: Stack):
    command("learn", "ann", "ann.jpg")
    for source in ((), ("--data", stack.data)):
        listed = command("audit", "list", *source, "--directory", command.environment["FACESERVER_DIRECTORY"], "--json")
        assert json.loads(listed.stdout)["action"] == "POST /learn", listed.stderr
    assert command("audit", "verify", "--data", stack.data).returncode == 0
    assert command("audit", "verify", "ann.jpg").returncode == 2
