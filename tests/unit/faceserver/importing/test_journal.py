"""The journal of an import."""

from pathlib import Path

import pytest

from faceserver.importing.journal import Entry, Journal
from faceserver.importing.people_folder import Photograph, find_photographs


@pytest.fixture
def photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Photograph]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("ann/1.jpg", "ann/2.jpg", "bo/1.jpg"):
        (tmp_path / "people" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "people" / name).write_text(name)
    return list(find_photographs(tmp_path / "people").photographs)


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "state").rglob("*") if path.is_file()]


def test_answers_are_read_back_in_order(photographs: list[Photograph]):
    ann, ann_2, _ = photographs
    journal = Journal("here", "default")
    journal.note(Entry.of(ann_2, None))
    journal.note(Entry.of(ann, "No face detected."))

    found = Journal("here", "default").read(photographs)

    assert [(one, entry.refusal) for one, entry in found.items()] == [(ann_2, None), (ann, "No face detected.")]
    assert Journal("here", "other").read(photographs) == {}


def test_a_changed_and_a_deleted_photograph_are_not_done(photographs: list[Photograph]):
    ann, ann_2, bo = photographs
    journal = Journal("here")
    for one in photographs:
        journal.note(Entry.of(one, None))
    ann.path.write_text("changed, and longer")
    ann_2.path.unlink()

    assert list(journal.read(photographs)) == [bo]
    assert list(journal.read([])) == []


def test_a_truncated_line_is_ignored(photographs: list[Photograph], tmp_path: Path):
    journal = Journal("here")
    for one in photographs:
        journal.note(Entry.of(one, None))
    [file] = files(tmp_path)
    file.write_text(file.read_text()[:-20])

    assert list(journal.read(photographs)) == photographs[:2]


def test_only_its_owner_can_read_it_and_it_can_be_removed(photographs: list[Photograph], tmp_path: Path):
    journal = Journal("here")
    journal.remove()
    journal.note(Entry.of(photographs[0], None))
    [file] = files(tmp_path)

    assert file.stat().st_mode & 0o077 == 0
    journal.remove()
    assert files(tmp_path) == []
    assert journal.read(photographs) == {}


def test_a_journal_that_cannot_be_written_is_explained(photographs: list[Photograph], tmp_path: Path):
    (tmp_path / "state").write_text("no folder")
    journal = Journal("here")
    journal.note(Entry.of(photographs[0], None))

    assert isinstance(journal.fault, NotADirectoryError)
    assert journal.read(photographs) == {}
    journal.remove()
