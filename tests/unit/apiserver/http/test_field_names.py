"""Which names are taken for misspelled ones, and what is said about them."""

import pytest

from apiserver.api.learn import LearnForm
from apiserver.api.recognize import RecognizeForm
from apiserver.http.field_names import Unknown, check_fields, check_parameters, meant_by
from apiserver.problems import UnknownField

NAMES = {*LearnForm.model_fields, *RecognizeForm.model_fields}


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("Directory", "directory"),
        ("DIRECTORY", "directory"),
        (" directory ", "directory"),
        ("directory[]", "directory"),
        ("directoy", "directory"),
        ("driectory", "directory"),
        ("directroy", "directory"),
        ("diretory", "directory"),
        ("dirctry", "directory"),
        ("dire\N{CYRILLIC SMALL LETTER ES}tory", "directory"),
        ("\N{FULLWIDTH LATIN SMALL LETTER D}irectory", "directory"),
        ("dir", "directory"),
        ("directory_name", "directory"),
        ("directoryName", "directory"),
        ("directories", "directory"),
        ("persn", "person"),
        ("Person", "person"),
        ("files", "file"),
        ("file[]", "file"),
        ("File", "file"),
        ("uniquePersons", "unique_persons"),
        ("unique-persons", "unique_persons"),
        ("min_scor", "min_score"),
        ("treshhold", "threshold"),
        ("bbox", "box"),
        ("K", "k"),
    ],
)
def test_misspelled_names(sent, meant):
    assert meant_by(sent, NAMES) == meant


@pytest.mark.parametrize(
    "sent",
    [
        *("", "-", "j", "kk", "id", "name", "email", "comment", "user", "company", "filename", "person_name", "size"),
        *("date", "submit", "token", "camera", "timestamp", "MAX_FILE_SIZE", "x" * 100_000, "directory"[::-1]),
    ],
)
def test_other_names(sent):
    assert meant_by(sent, NAMES) is None


def test_the_nearest_of_several_names_is_meant():
    assert meant_by("min_siz", ["min_score", "min_size"]) == "min_size"


@pytest.mark.parametrize(
    ("sent", "unknown", "sentence"),
    [
        ("Directory", Unknown.REFUSED, "The field is called directory, not Directory."),
        ("Directory", Unknown.MISSPELLED_REFUSED, "The field is called directory, not Directory."),
        ("photo", Unknown.REFUSED, "There is no field photo; the fields are directory, file."),
        ("a\nb", Unknown.REFUSED, "There is no field 'a\\nb'; the fields are directory, file."),
        ("x" * 65, Unknown.REFUSED, f"There is no field {'x' * 64}…; the fields are directory, file."),
    ],
)
def test_what_is_said_about_a_field(sent, unknown, sentence):
    with pytest.raises(UnknownField) as raised:
        check_fields(["file", sent], ["file", "directory"], unknown)
    assert raised.value.sentence == sentence


@pytest.mark.parametrize(
    ("sent", "unknown", "sentence"),
    [
        ("limt", Unknown.REFUSED, "The parameter is called limit, not limt."),
        ("directory", Unknown.REFUSED, "The field directory belongs in the body, not in the URL."),
        ("Directory", Unknown.MISSPELLED_REFUSED, "The field directory belongs in the body, not in the URL."),
        ("page", Unknown.REFUSED, "There is no parameter page; the parameters are limit."),
    ],
)
def test_what_is_said_about_a_parameter(sent, unknown, sentence):
    with pytest.raises(UnknownField) as raised:
        check_parameters(["limit", sent], ["limit"], ["directory"], unknown)
    assert raised.value.sentence == sentence


def test_a_call_without_parameters():
    with pytest.raises(UnknownField, match=r"There is no parameter page; this call has none\."):
        check_parameters(["page"], [], [], Unknown.REFUSED)


@pytest.mark.parametrize(("sent", "unknown"), [("comment", Unknown.MISSPELLED_REFUSED), ("Directory", Unknown.IGNORED)])
def test_what_is_ignored(sent, unknown):
    check_fields([sent], ["directory"], unknown)
    check_parameters([sent], [], ["directory"], unknown)
