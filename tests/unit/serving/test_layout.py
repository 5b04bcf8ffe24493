"""Who is who in a tree of photographs."""

import pytest

from serving.layout import EXAMPLE, layout_of

PEOPLE = ["people/ann/1.jpg", "people/ann/2.jpg", "people/bo/1.jpg"]


def people(*paths: str) -> dict[str, list[str]]:
    """Return the files of each person, by path."""
    found: dict[str, list[str]] = {}
    for photograph in layout_of(paths).photographs:
        found.setdefault(photograph.person, []).append(photograph.path)
    return found


@pytest.mark.parametrize(
    ("paths", "persons"),
    [
        (["ann/1.jpg"], {"ann"}),
        (["ann/1.jpg", "ann/2.JPEG", "bo/1.png"], {"ann", "bo"}),
        (["a/b/c/d/ann/1.jpg", "a/b/c/d/bo/1.jpg"], {"ann", "bo"}),
        (["people/ann/1.jpg", "people/ann/2.jpg"], {"ann"}),
        (["ann/holiday/1.jpg", "bo/1.jpg"], {"ann", "bo"}),
        (["lfw/lfw/ann/ann_0001.jpg", "lfw/lfw/bo/bo_0001.jpg"], {"ann", "bo"}),
        (["set/train/ann/1.jpg", "set/Test/ann/2.jpg", "set/Test/bo/1.jpg"], {"ann", "bo"}),
        (["Test/1.jpg", "train/1.jpg"], {"Test", "train"}),
        (["ann/first", "bo/second"], {"ann", "bo"}),
        (["ann.lee/1.jpg", "bo v. 2/1.jpg"], {"ann.lee", "bo v. 2"}),
        (["Zoe\u0308/1.jpg", "Zo\u00eb/2.jpg", "李/1.jpg"], {"Zo\u00eb", "李"}),
    ],
)
def test_folders_are_people_and_folders_around_them_are_not(paths: list[str], persons: set[str]):
    assert set(people(*paths)) == persons
    assert {path for files in people(*paths).values() for path in files} == set(paths)


@pytest.mark.parametrize(
    "stray",
    [
        *("people/Thumbs.db", "people/ann/desktop.ini", "Thumbs.db", ".DS_Store", "people/.DS_Store"),
        *("__MACOSX/people/ann/._1.jpg", "people/ann/._1.jpg", ".git/objects/1.jpg", "people/@eaDir/ann/1.jpg"),
        *("people/.thumbnails/1.jpg", "people/Icon\r", "$RECYCLE.BIN/1.jpg"),
    ],
)
def test_hidden_files_change_nothing(stray: str):
    assert layout_of([*PEOPLE, stray]) == layout_of(PEOPLE)


@pytest.mark.parametrize(
    ("stray", "person", "code"),
    [
        ("list.csv", "", "not-a-photograph"),
        ("people/list.csv", "", "not-a-photograph"),
        ("people/README", "", "not-a-photograph"),
        ("documents/manual/1.pdf", "", "not-a-photograph"),
        ("people/documents/1.pdf", "", "not-a-photograph"),
        ("people/ann/notes.txt", "ann", "not-a-photograph"),
        ("people/bo/1.jpg.part", "bo", "not-a-photograph"),
        ("group.jpg", "", "no-person"),
        ("people/1.jpg", "", "no-person"),
    ],
)
def test_a_stray_file_is_named_and_makes_nobody(stray: str, person: str, code: str):
    layout = layout_of([*PEOPLE, stray])

    assert layout.photographs == layout_of(PEOPLE).photographs
    [skipped] = layout.skipped
    assert (skipped.path, skipped.person, skipped.code) == (stray, person, code)
    assert skipped.reason.endswith(".")


def test_a_file_without_a_suffix_may_be_a_photograph_of_a_person():
    assert people(*PEOPLE, "people/ann/scan") == {
        **people(*PEOPLE),
        "ann": ["people/ann/1.jpg", "people/ann/2.jpg", "people/ann/scan"],
    }


def test_a_format_that_is_not_read_is_left_to_the_service_to_refuse():
    assert people("ann/1.cr2", "bo/1.NEF") == {"ann": ["ann/1.cr2"], "bo": ["bo/1.NEF"]}


@pytest.mark.parametrize(
    "paths",
    [
        ["ann.jpg", "bo.jpg"],
        ["known/ann.jpg", "known/bo.jpg"],
        ["data/known/ann.jpg", "data/known/bo.jpg", "data/list.csv"],
        ["known/Aaron_Sorkin_0001.jpg", "known/Tony_Blair_0001.jpg"],
        ["known/李.jpg", "known/山田.jpg"],
        ["notes/1.txt"],
        [".DS_Store"],
        [],
    ],
)
def test_without_folders_of_people_there_is_nobody(paths: list[str]):
    layout = layout_of(paths)

    assert layout.photographs == ()
    assert str(layout.problem("It")).startswith(f"It contains no photographs of people. {EXAMPLE}")


@pytest.mark.parametrize(
    "names",
    [
        ["1.jpg", "2.jpg"],
        ["ann_0001.jpg", "ann_0002.jpg"],
        ["IMG_2024.jpg", "IMG_2025.jpg"],
        ["Ann.jpg", "ann (copy).jpg", "3.jpg"],
        ["portrait.jpg"],
    ],
)
def test_the_only_folder_is_a_person_if_its_photographs_are_a_series(names: list[str]):
    assert set(people(*(f"ann/{name}" for name in names))) == {"ann"}


def test_the_only_folder_of_a_flat_tree_is_named():
    problem = layout_of(["data/known/ann.jpg", "data/known/bo.jpg"]).problem("The archive")

    assert str(problem).endswith("number them: known/1.jpg, known/2.jpg.")
    assert layout_of(PEOPLE).problem("The archive") is None
