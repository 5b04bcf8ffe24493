"""What `faceserver import` says of photographs that show somebody else, and what lists them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from PIL import Image

from faceserver import Client
from tests.checkout import SHARED
from tests.commands import Commands
from tests.photographs import actor, astronaut, encoded
from tests.stack import Stack

PHOTOGRAPHS = SHARED / "data" / "lfw-dev"


def as_folder(files: dict[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def as_zip(files: dict[str, bytes], folder: Path) -> Path:
    with ZipFile(folder.with_suffix(".zip"), "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return folder.with_suffix(".zip")


Packed = Callable[[dict[str, bytes], Path], Path]


@pytest.fixture(params=[as_folder, as_zip])
def packed(request: pytest.FixtureRequest) -> Packed:
    pack: Packed = request.param
    return pack


def warned(said: str) -> dict[str, list[str]]:
    lines: list[dict[str, Any]] = [json.loads(line) for line in said.splitlines()]
    return {line["file"]: line["warnings"] for line in lines if line["warnings"]}


def test_one_photograph_under_two_names(command: Commands, packed: Packed):
    files = {"ann/1.jpg": encoded(astronaut()), "bo/1.jpg": encoded(astronaut()), "tom/1.jpg": encoded(actor())}
    run = command("import", packed(files, command.folder / "people"), "--json")

    assert run.returncode == 0, run.stderr
    warnings = warned(run.stdout)
    assert warnings
    for name, sentences in warnings.items():
        person, other = ("ann", "bo") if name == "ann/1.jpg" else ("bo", "ann")
        assert name == f"{person}/1.jpg"
        assert sentences == [
            f"The face is enrolled as {other} already: two ids of one person, or a photograph of {other}."
        ]
        assert f"{name}: {sentences[0]}" in run.stderr
    assert f"{len(warnings)}  warning: enrolled-as-another" in run.stderr
    again = command("import", packed(files, command.folder / "people"), "--json")
    assert set(warned(again.stdout)) == {"ann/1.jpg", "bo/1.jpg"}, "known ones are compared as well"


def test_a_stranger_among_a_persons_photographs(stack: Stack, command: Commands, packed: Packed):
    mirrored = astronaut().transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    own = [astronaut(), mirrored.resize((400, 400)), astronaut().resize((300, 300))]
    files = {f"ann/{number}.jpg": encoded(image) for number, image in enumerate([*own, actor()], 1)}
    run = command("import", packed(files, command.folder / "people"), "--json")

    assert set(warned(run.stdout)) == {"ann/4.jpg"}
    assert "ann/4.jpg: The face resembles none of the person's" in run.stderr
    assert "1  warning: unlike-own" in run.stderr

    with Client(stack.url, directory=command.environment["FACESERVER_DIRECTORY"]) as client:
        [face] = client.directory_faces(unlike=True)
        assert [face] == list(client.faces("ann", unlike=True))
        assert face.unlike
        assert face.unlike.similarity < face.unlike.limit
        assert all(each.unlike is None for each in client.faces("ann"))
    for arguments in ([], ["ann"]):
        assert command("persons", "faces", *arguments, "--unlike", "--ids").stdout == f"{face.face}\n"
    listed = command("persons", "faces", "--unlike")
    assert "similarity to their others" in listed.stdout
    assert face.face in listed.stdout
    assert command("persons", "faces", "--unlike", "--unrecognizable").returncode == 2
    assert command("persons", "faces").returncode == 2


@pytest.mark.skipif(not PHOTOGRAPHS.is_dir(), reason="the photographs beside the checkout are not there")
def test_people_of_the_press(command: Commands, packed: Packed):
    """Five photographs of one politician and one of a footballer, whose other photographs have his own name."""
    blair = sorted((PHOTOGRAPHS / "Tony_Blair").iterdir())[:5]
    beckham = sorted((PHOTOGRAPHS / "David_Beckham").iterdir())[:3]
    files = {f"blair/{path.name}": path.read_bytes() for path in blair} | {"blair/last.jpg": beckham[0].read_bytes()}
    files |= {f"beckham/{path.name}": path.read_bytes() for path in beckham[1:]}
    run = command("import", packed(files, command.folder / "people"), "--face", "largest", "--json")

    warnings = warned(run.stdout)
    [name] = [name for name, sentences in warnings.items() if any("other photographs" in each for each in sentences)]
    assert name == "blair/last.jpg"
    # At the latest when everybody is enrolled, it is known whose photograph it is.
    again = command("import", packed(files, command.folder / "people"), "--face", "largest", "--json")
    assert any("more than the person's own faces" in sentence for sentence in warned(again.stdout)[name])
