"""The commands that call a running stack: what they print, and how they end."""

import json

import numpy as np
import pytest
from PIL import Image, ImageOps

from faceserver.addresses import free_loopback_port
from tests.commands import Commands
from tests.photographs import astronaut, encoded


def test_learn_says_of_each_photograph_what_became_of_it(command: Commands):
    first = command("learn", "ann", "ann.jpg", "cup.jpg")
    again = command("learn", "ann", "ann.jpg")
    largest = command("learn", "ann", "party.jpg", "--face", "largest")

    assert (first.returncode, first.stdout) == (1, "ann.jpg: learned\n")
    assert first.stderr == "cup.jpg: No face detected.\n"
    assert (again.returncode, again.stdout, again.stderr) == (0, "ann.jpg: known already\n", "")
    assert (largest.returncode, largest.stdout) == (0, "party.jpg: learned\n")


def test_recognize_prints_a_table(command: Commands):
    command("learn", "[bold]ann[/]", "ann.jpg")
    run = command("recognize", "party.jpg", "cup.jpg")

    lines = [line.split() for line in run.stdout.splitlines() if ".jpg" in line]
    assert run.returncode == 0, run.stderr
    assert [line[:3] for line in lines[:1]] == [["party.jpg", "[bold]ann[/]", "match"]]
    assert lines[1][:2] == ["party.jpg", "unknown"]
    assert lines[2] == ["cup.jpg", "nobody"]


def test_recognize_prints_json_for_programs(command: Commands):
    command("learn", "Žofie 🧑‍🚀", "ann.jpg")
    (command.folder / "broken.jpg").write_bytes(encoded(astronaut())[:1000])
    run = command("recognize", "party.jpg", "broken.jpg", "cup.jpg", "--json", "--k", "1")

    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert [each["file"] for each in found] == ["party.jpg", "cup.jpg"]
    assert {face["person"] for face in found[0]["faces"]} == {"Žofie 🧑‍🚀", None}
    assert run.stderr.startswith("broken.jpg: The JPEG file is damaged or incomplete")
    assert run.returncode == 1


def test_recognize_draws_what_it_found_on_the_upright_photograph(command: Commands):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
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
        (("recognize", "ann.jpg", "--draw", "out.none"), "out.none cannot be written: unknown file extension: .none."),
        (("recognize", "ann.jpg", "--draw", "no/out.jpg"), "no/out.jpg cannot be written"),
        (("recognize", "none.jpg"), "none.jpg"),
        (("learn", "ann"), "Missing argument"),
        (("recognize", "ann.jpg", "--url", "localhost:8080"), "localhost:8080 is no address"),
        (("directories", "set"), "Give one of --fpir, --threshold and --default."),
        (("directories", "set", "--fpir", "0.1", "--default"), "Give one of"),
        (("directories", "set", "--fpir", "2"), "--fpir"),
        (("import", "ann.jpg"), "ann.jpg"),
        (("import", "."), "Put the photographs of each person into a sub-folder of their own"),
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
        ("directories", "get"),
    ],
)
def test_a_stack_that_does_not_run_is_explained(command: Commands, arguments: tuple[str, ...]):
    (command.folder / "people" / "ann").mkdir(parents=True)
    (command.folder / "people" / "ann" / "1.jpg").write_bytes(b"-")
    url = f"http://127.0.0.1:{free_loopback_port()}"
    run = command(*arguments, environment={"FACESERVER_URL": url})

    assert run.returncode == 3
    assert f"There is no answer from {url}" in run.stderr
    assert "Start the stack with 'faceserver serve', or name its address with --url." in run.stderr
    assert "Traceback" not in run.stderr


def test_directories(command: Commands):
    missing = command("directories", "get")
    made = command("directories", "set", "--fpir", "0.01")
    fixed = command("directories", "set", "--threshold", "0.5", "--json")
    back = command("directories", "set", "--default")

    assert (missing.returncode, missing.stderr) == (1, "There is no such directory; PUT makes one.\n")
    assert "fpir       0.01" in made.stdout
    assert json.loads(fixed.stdout)["thresholds"]["match"] == 0.5
    assert command("directories", "get").stdout == back.stdout
    assert "threshold  not set" in back.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_the_commands(command: Commands, shell: str):
    words = {"COMP_WORDS": "faceserver rec", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "faceserver rec"}
    action = {"_FACESERVER_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    assert "recognize" in command(environment=words | action).stdout


def test_every_command_shows_examples(command: Commands):
    for name in ("learn", "recognize", "import", "watch"):
        run = command(name, "--help")
        assert f"faceserver {name} " in run.stdout
        assert "For example:" in run.stdout


def test_calling_a_service_needs_nothing_of_the_stack(command: Commands):
    run = command("recognize", "ann.jpg", environment={"PYTHONPROFILEIMPORTTIME": "1"})

    brought = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines() if line.startswith("import time:")}
    assert "httpx" in brought
    heavy = {"numpy", "cv2", "PIL", "fastapi", "uvicorn", "onnxruntime", "asyncpg", "apiserver", "faceserver.stack"}
    assert brought & heavy == set()
