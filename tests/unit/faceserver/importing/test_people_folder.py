"""Folders of people."""

import os
from pathlib import Path

import pytest

from faceserver.importing.people_folder import find_photographs
from serving.layout import layout_of


def folder_of(folder: Path, *files: str) -> Path:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"-")
    return folder


@pytest.mark.parametrize(
    "files",
    [
        ["ann/1.jpg", "bo/1.jpg", "bo/notes.txt", "list.csv", "group.jpg", ".git/1.jpg", "bo/.hidden/1.jpg"],
        ["people/people/ann/1.jpg", "people/people/bo/1.jpg", "people/Thumbs.db", "__MACOSX/people/._1.jpg"],
        ["known/ann.jpg", "known/bo.jpg"],
        ["ann.jpg", "bo.jpg"],
    ],
)
def test_a_folder_has_the_layout_of_an_archive_of_it(tmp_path: Path, files: list[str]):
    found, layout = find_photographs(folder_of(tmp_path, *files)), layout_of(files)

    assert [(one.person, one.path) for one in found.photographs] == [
        (placed.person, tmp_path / placed.path) for placed in layout.photographs
    ]
    assert [(one.person, one.path, reason) for one, reason in found.skipped] == [
        (skipped.person, tmp_path / skipped.path, skipped.reason) for skipped in layout.skipped
    ]
    assert found.problem == layout.problem(str(tmp_path))


def test_names_may_be_anything_a_file_system_allows(tmp_path: Path):
    names = [
        os.fsdecode(name)
        for name in (b"ann/Zo\xeb.jpg", b'ann/a\nb".jpg', b"Zo\xeb/1.jpg", b"b\n/" + b"l" * 251 + b".jpg")
    ]
    found = find_photographs(folder_of(tmp_path, *names))

    assert {one.path for one in found.photographs} == {tmp_path / name for name in names}
    assert all(one.path.read_bytes() == b"-" for one in found.photographs)


def test_links_are_followed_but_not_in_circles(tmp_path: Path):
    folder_of(tmp_path, "elsewhere/1.jpg", "elsewhere/deep/2.jpg", "people/bo/1.jpg")
    (tmp_path / "people" / "ann").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "people" / "cy").symlink_to(tmp_path / "elsewhere" / "deep")
    (tmp_path / "people" / "bo" / "around").symlink_to(tmp_path / "people")
    (tmp_path / "people" / "bo" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")

    found = find_photographs(tmp_path / "people")

    assert [one.path.relative_to(tmp_path / "people").as_posix() for one in found.photographs] == [
        *("ann/1.jpg", "ann/deep/2.jpg", "bo/1.jpg", "cy/2.jpg")
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="Root reads every folder.")
def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path):
    folder_of(tmp_path, "ann/1.jpg", "bo/1.jpg", "cy/1.jpg")
    (tmp_path / "cy").chmod(0)
    try:
        found = find_photographs(tmp_path)
    finally:
        (tmp_path / "cy").chmod(0o700)

    assert [one.person for one in found.photographs] == ["ann", "bo"]
    assert [(one.path, reason) for one, reason in found.skipped] == [(tmp_path / "cy", "Permission denied.")]
