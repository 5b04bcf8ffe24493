"""docs/tutorial.md, as it stands there, with photographs of real people."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from faceserver import Client
from tests.acceptance.traces import Traces
from tests.checkout import SHARED
from tests.commands import Commands
from tests.documents import examples, words
from tests.photographs import beside, encoded
from tests.stack import Stack, new_stack

PHOTOGRAPHS = SHARED / "data" / "lfw-dev"
ANN, CARL, ZENO = "Jennifer_Keller", "Fujio_Cho", "Bob_Stoops"
SECONDS = 900


@pytest.fixture
def office(command: Commands, number_of_people: int) -> Path:
    """What the tutorial begins with; the folder of the photographs."""
    people = command.folder / "people"
    for name, shown in (
        ("ann", [(ANN, 1), (ANN, 2), (ZENO, 1)]),
        ("carl", [(CARL, 1), (CARL, 2)]),
        ("carl2", [(CARL, 3)]),
    ):
        (people / name).mkdir(parents=True)
        for number, one in enumerate(shown, 1):
            shutil.copy(photograph(*one), people / name / f"{number}.jpg")
    others = [path for path in sorted(PHOTOGRAPHS.iterdir()) if path.is_dir() and path.name not in {ANN, CARL, ZENO}]
    for other in others[: number_of_people - 3]:
        (people / other.name).mkdir()
        shutil.copy(photograph(other.name, 1), people / other.name / "1.jpg")
    shutil.copy(photograph(ZENO, 2), command.folder / "door.jpg")
    party = beside(*(Image.open(photograph(name, 4)) for name in (ANN, ZENO, CARL)))
    (command.folder / "party.jpg").write_bytes(encoded(party, quality=95))
    return people


def photograph(person: str, number: int) -> Path:
    return sorted((PHOTOGRAPHS / person).glob("*.jpg"))[number - 1]


# 500 are those of the document, whose figures the comparison masks.
@pytest.mark.parametrize("number_of_people", [30, pytest.param(500, marks=pytest.mark.long)])
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not PHOTOGRAPHS.is_dir(), reason="the photographs beside the checkout are not there")
async def test_the_tutorial(stack: Stack, command: Commands, office: Path, database_url: str):
    with new_stack(environment={"FACESERVER_DATABASE_URL": database_url}) as second:
        zeno = Traces(database_url, second.data / "images", "zeno", [photograph(ZENO, 1), command.folder / "party.jpg"])
        for example in examples("tutorial.md"):
            if example.command.startswith("export FACESERVER_URL"):
                command.environment["FACESERVER_URL"] = second.url
            elif example.command.startswith("faceserver serve"):
                second.start()
            elif not example.command.startswith("export"):
                if " delete " in example.command:
                    check_alike(stack, second, command, office)
                    await zeno.remember()
                follow(command, example.command, example.printed)
        assert await zeno.left() == []


def follow(command: Commands, line: str, printed: str) -> None:
    """Run a line, which must print what the tutorial says; of an import, which doubts come is a matter of order."""
    lines = -1 if "faceserver import" in line else 0
    said = command.shell(line, SECONDS).splitlines()[lines:]
    assert words("\n".join(said), 1) == words("\n".join(printed.splitlines()[lines:]), 1), line


def check_alike(first: Stack, second: Stack, command: Commands, people: Path) -> None:
    """Check that both installations recognize the same people on photographs that are enrolled, and on others."""
    photographs = [command.folder / "party.jpg", *sorted(people.rglob("*.jpg"))[::6]][:12]
    directory = command.environment["FACESERVER_DIRECTORY"]
    for path in photographs:
        (here, these), (there, those) = (recognized(stack, directory, path) for stack in (first, second))
        assert here == there
        assert these == pytest.approx(those, abs=2e-3), "what a bundle has of an embedding are 16 bits a number"


def recognized(stack: Stack, directory: str, path: Path) -> tuple[list[tuple[str | None, str]], list[float | None]]:
    with Client(stack.url, directory=directory) as client:
        faces = client.recognize(path, keep=False).faces
    return [(face.person, face.decision) for face in faces], [face.similarity for face in faces]
