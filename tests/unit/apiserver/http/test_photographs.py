"""How many faces of the photographs of a call are looked at."""

import pytest

from apiserver.biometrics.face import Look
from apiserver.http.photographs import FacesLeft


@pytest.mark.parametrize(
    ("taken", "wished", "looked_at"),
    [(0, None, None), (0, 1, 1), (0, 1_000, 1_000), (100, None, 500), (100, 1, 1), (100, 1_000, 500), (599, 100, 16)],
)
def test_a_photograph_is_looked_at_for_the_faces_that_are_wished_and_left(taken, wished, looked_at):
    look = Look(max_faces=wished)
    assert FacesLeft(taken).limiting(look) == look._replace(max_faces=looked_at)
