"""Which fields are accepted, and the problem of each that is not."""

import pytest

from apiserver.api.add_faces import FacesForm
from apiserver.api.detect import EmbedForm
from apiserver.api.learn import LearnForm
from apiserver.api.recognize import RecognizeForm
from apiserver.biometrics.choice import FaceChoice
from apiserver.http.multipart import Fields, Upload
from apiserver.problems import (
    DirectoryMissing,
    FileEmpty,
    FileMissing,
    InvalidField,
    InvalidForm,
    InvalidName,
    PersonMissing,
    Problem,
)

FILE = (Upload("ann.jpg", b"content"),)


def test_defaults_of_learn():
    form = LearnForm.of({"person": "ann", "file": FILE})
    assert (form.directory, form.face) == ("default", FaceChoice.ONLY)


def test_defaults_of_recognize():
    form = RecognizeForm.of({"file": FILE})
    assert (form.directory, form.k, form.threshold) == ("default", 5, None)


def test_fields_of_other_calls_are_ignored():
    assert LearnForm.of({"person": "ann", "file": FILE, "k": "many", "comment": "hi"}).person == "ann"


@pytest.mark.parametrize("name", ["a", "x" * 255, "👩‍🚀", "Zoë Ægir", "'; DROP TABLE faces; --", "../../etc"])
@pytest.mark.parametrize("field", ["person", "directory"])
def test_names_are_taken_as_they_are(field, name):
    assert getattr(LearnForm.of({"person": "ann", "file": FILE, field: name}), field) == name


@pytest.mark.parametrize("name", ["x" * 256, "a\0b", "a\nb", "\x7f", "\x85", "\ud800", "ann\udfff"])
@pytest.mark.parametrize("field", ["person", "directory"])
def test_names_that_cannot_be_kept_are_refused(field, name):
    with pytest.raises(InvalidName):
        LearnForm.of({"person": "ann", "file": FILE, field: name})


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, PersonMissing),
        ({"file": FILE}, PersonMissing),
        ({"person": "", "file": FILE}, PersonMissing),
        ({"person": "ann", "directory": "", "file": FILE}, DirectoryMissing),
        ({"person": "ann"}, FileMissing),
        ({"person": "ann", "file": "a path, not a file"}, FileMissing),
        ({"person": FILE, "file": FILE}, InvalidName),
        ({"person": "ann", "file": FILE, "face": "smallest"}, InvalidField),
        *(
            ({"person": "ann", "file": FILE, "box": box}, InvalidField)
            for box in ("", "1,2,3", "1,2,3,4,5", "a,b,c,d", "5,1,5,9", "1,9,5,2", "1,2,inf,4", "1,2,nan,4")
        ),
    ],
)
def test_learn_refuses(fields: Fields, problem: type[Problem]):
    with pytest.raises(problem):
        LearnForm.of(fields)


def test_a_box_is_in_whole_pixels():
    assert LearnForm.of({"person": "ann", "file": FILE, "box": "-1, 2.4,30,40"}).box == (-1, 2, 30, 40)


@pytest.mark.parametrize(
    ("file", "problem"), [((Upload("ann.jpg", b"", FileEmpty),), FileEmpty), ((*FILE, *FILE), InvalidForm)]
)
def test_a_form_of_one_photograph_refuses_another_number(file: tuple[Upload, ...], problem: type[Problem]):
    with pytest.raises(problem):
        EmbedForm.of({"file": file})


def test_a_bad_file_among_several_is_left_to_be_reported():
    empty = Upload("empty.jpg", b"", FileEmpty)
    assert FacesForm.of({"file": (*FILE, empty)}).file == (*FILE, empty)


@pytest.mark.parametrize("fields", [{}, {"file": "a path, not a file"}])
def test_several_files_are_one_at_least(fields: Fields):
    with pytest.raises(FileMissing):
        FacesForm.of(fields)


@pytest.mark.parametrize("k", ["1", "100"])
def test_k_within_its_bounds(k):
    assert RecognizeForm.of({"file": FILE, "k": k}).k == int(k)


@pytest.mark.parametrize("threshold", ["-1", "0", "0.465", "1"])
def test_threshold_is_a_cosine(threshold):
    assert RecognizeForm.of({"file": FILE, "threshold": threshold}).threshold == float(threshold)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("k", value) for value in ("0", "101", "-1", "five", "", "2.5")),
        *(("min_score", value) for value in ("1.1", "-1", "nan", "")),
        *(("min_size", value) for value in ("-1", "2.5", "big")),
        ("scoring", "median"),
        *(("threshold", value) for value in ("1.01", "-1.01", "nan", "inf", "high", "")),
    ],
)
def test_recognize_names_the_field_it_refuses(field, value):
    with pytest.raises(InvalidField, match=f"^{field}: "):
        RecognizeForm.of({"file": FILE, field: value})


def test_a_refusal_does_not_repeat_what_was_sent():
    with pytest.raises(InvalidField) as caught:
        RecognizeForm.of({"file": FILE, "k": "secret"})
    assert "secret" not in caught.value.sentence
