"""The text of keys."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiserver.keys.secrets import PATTERN, hash_of, new_id, new_text, read

TEXT = new_text("0123456789ab")


def test_a_new_text_is_read():
    key_id = new_id()
    text = new_text(key_id)
    found = read(text)
    assert found
    assert (found.id, found.hash) == (key_id, hash_of(text))
    assert re.search(PATTERN, f"key={text};")


def test_texts_of_one_id_differ():
    assert new_text("0123456789ab") != new_text("0123456789ab")


@given(st.integers(0, len(TEXT) - 1), st.characters(codec="latin-1"))
def test_a_typing_error_is_noticed(place: int, character: str):
    wrong = TEXT[:place] + character + TEXT[place + 1 :]
    assert wrong == TEXT or read(wrong) is None


@given(st.text())
def test_no_other_text_is_a_key(text: str):
    assert read(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "fs_", TEXT[:-1], TEXT + "0", " " + TEXT, TEXT + "\n", TEXT.lower()],
    ids=["empty", "prefix", "shorter", "longer", "space", "newline", "lower case"],
)
def test_what_is_nearly_a_key_is_none(text: str):
    assert read(text) is None
