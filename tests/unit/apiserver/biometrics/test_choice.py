"""The choice among faces."""

import pytest

from apiserver.biometrics.choice import FaceChoice, choose, choose_in_box
from apiserver.biometrics.face import Face, Image

IMAGE = Image("image/jpeg", "jpg", width=100, height=100)


def face(left: int, top: int, right: int, bottom: int) -> Face:
    return Face((left, top, right, bottom), 0.9, [0.0, 0.0])


LARGE_IN_A_CORNER = face(0, 0, 40, 40)
SMALL_IN_THE_MIDDLE = face(45, 45, 60, 60)


@pytest.mark.parametrize(
    ("faces", "choice", "chosen"),
    [
        ([SMALL_IN_THE_MIDDLE], FaceChoice.ONLY, SMALL_IN_THE_MIDDLE),
        ([SMALL_IN_THE_MIDDLE, LARGE_IN_A_CORNER], FaceChoice.ONLY, None),
        ([SMALL_IN_THE_MIDDLE, LARGE_IN_A_CORNER], FaceChoice.LARGEST, LARGE_IN_A_CORNER),
        ([LARGE_IN_A_CORNER, SMALL_IN_THE_MIDDLE], FaceChoice.CENTER, SMALL_IN_THE_MIDDLE),
        ([], FaceChoice.ONLY, None),
        ([], FaceChoice.LARGEST, None),
        ([], FaceChoice.CENTER, None),
    ],
)
def test_choice_among_faces(faces, choice, chosen):
    assert choose(faces, choice, IMAGE) is chosen


def test_a_box_selects_the_face_that_it_overlaps_most():
    faces = [LARGE_IN_A_CORNER, SMALL_IN_THE_MIDDLE]
    assert choose_in_box(faces, (50, 42, 62, 58)) is SMALL_IN_THE_MIDDLE
    assert choose_in_box(faces, (0, 0, 60, 60)) is LARGE_IN_A_CORNER


@pytest.mark.parametrize("box", [(70, 70, 90, 90), (0, 0, 100, 100), (0, 0, 20, 20), (60, 60, 70, 70)])
def test_a_box_that_overlaps_too_little_selects_no_face(box):
    assert choose_in_box([LARGE_IN_A_CORNER, SMALL_IN_THE_MIDDLE], box) is None
    assert choose_in_box([], box) is None
