"""Where the names with a prefix end."""

import pytest

from apiserver.list_keys import after_prefix


@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("a", "b"),
        ("az", "a{"),
        ("ÿ", "Ā"),
        ("\ud7ff", "\ue000"),
        ("a\U0010ffff", "b"),
        ("\U0010ffff" * 2, None),
        ("", None),
    ],
)
def test_the_end_is_behind_all_that_begin_so(prefix, end):
    assert after_prefix(prefix) == end
    if end is not None:
        assert (prefix + "\U0010ffff" * 3).encode() < end.encode()
