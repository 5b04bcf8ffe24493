"""Pagination tokens."""

import pytest

from apiserver.api.rekognition.problems import TokenOfAnotherList
from apiserver.api.rekognition.tokens import read_token, write_token

SECRET = b"s" * 32


@pytest.mark.parametrize("key", ["a", "é:x", "x" * 128])
def test_a_token_gives_its_key_back(key):
    token = write_token(SECRET, "faces of acme", key)
    assert read_token(SECRET, "faces of acme", token) == key
    assert len(token) <= 255
    assert read_token(SECRET, "faces of acme", None) is None


@pytest.mark.parametrize("token", ["", "=", "a", "AAAA", "é", write_token(SECRET, "faces of beta", "a"), "A" * 40])
def test_other_texts_are_refused(token):
    with pytest.raises(TokenOfAnotherList):
        read_token(SECRET, "faces of acme", token)
    with pytest.raises(TokenOfAnotherList):
        read_token(b"t" * 32, "faces of acme", write_token(SECRET, "faces of acme", "a"))
