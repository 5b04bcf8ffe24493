"""Names of persons and directories."""

import pytest

from apiserver.names import checked_name
from apiserver.problems import InvalidName


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("ann", "ann"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("\u212bngstro\u0308m", "\u00c5ngstr\u00f6m"),
        ("\u1112\u1161\u11ab", "\ud55c"),
        ("e\u0308" * 255, "\u00eb" * 255),
        ("\u03b1\u0313\u0300\u0345" * 255, "\u1f82" * 255),
        ("ﬁ①", "ﬁ①"),
    ],
)
def test_a_name_is_composed(given: str, name: str):
    assert checked_name(given) == checked_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "a" * 256, "e\u0308" * 256, "\u0958" * 128, "a\n", "a\0", "\ud800", "\u0327\u0308" * 100_000]
)
def test_other_names_are_refused(name: str):
    with pytest.raises(InvalidName):
        checked_name(name)
