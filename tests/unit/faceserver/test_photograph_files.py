"""Which files of a folder are photographs, and their order."""

from pathlib import Path

import pytest

from faceserver.photograph_files import Skipped, naturally, photographs_in, pictures_in
from tests.photographs import encoded, nobody

IMAGE = encoded(nobody())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        **dict.fromkeys(
            (
                "10.jpg",
                "2.jpg",
                "a/1.jpg",
                "a/.b/1.jpg",
                ".c.jpg",
                "no-suffix",
                "a10/1.jpg",
                "a9/1",
                "@eaDir/1.jpg",
                "a/Thumbs.db",
            ),
            IMAGE,
        ),
        "3.txt": b"text",
        "empty.jpg": b"",
        "page.html": b"<html>",
        "film.mp4": b"\0\0\0\x18ftypmp42" + bytes(100),
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "gone.jpg").symlink_to("nowhere")
    (tmp_path / "a" / "around").symlink_to(tmp_path)
    (tmp_path / "a9" / "link").symlink_to(tmp_path / "a")
    return tmp_path


def names(folder: Path, paths: list[Path]) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]


def test_all_photographs_below_a_folder_in_natural_order(folder: Path):
    skipped: list[Skipped] = []

    found = list(photographs_in(folder, skipped.append))

    assert names(folder, found) == ["2.jpg", "10.jpg", "a/1.jpg", "a9/1", "a9/link/1.jpg", "a10/1.jpg", "no-suffix"]
    assert names(folder, [each.path for each in skipped]) == ["3.txt", "empty.jpg", "film.mp4", "gone.jpg", "page.html"]
    assert {each.reason for each in skipped} == {"It is not an image."}


def test_only_the_pictures_directly_in_a_folder(folder: Path):
    skipped: list[Skipped] = []
    assert names(folder, list(pictures_in(folder, skipped.append))) == ["2.jpg", "10.jpg", "no-suffix"]
    assert {"a", "a9", "a10"} <= {each.path.name for each in skipped}


@pytest.mark.parametrize(
    "order",
    [
        ["1", "2", "10", "a"],
        ["a", "a1", "a02", "a3", "a10b2", "a10b10"],
        ["2/9.jpg", "10/1.jpg"],
        ["frame-9.jpg", "frame-10.jpg", "frame-10a.jpg"],
    ],
)
def test_people_count_so(order: list[str]):
    assert sorted(map(Path, reversed(order)), key=naturally) == list(map(Path, order))
