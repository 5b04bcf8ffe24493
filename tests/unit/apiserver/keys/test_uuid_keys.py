"""UUIDs as keys, and the tokens that open photographs alone."""

from hashlib import sha256
from uuid import UUID

import pytest

from apiserver.access.grants import EVERYWHERE, Grant
from apiserver.access.scopes import Scope
from apiserver.keys.uuid_keys import digest_of, images_token, new_uuid_text, read_token, read_uuid, sent_token

KEY = "d30206a3-675c-46a7-862d-5daffa5768e4"


def test_what_is_stored_gives_neither_the_key_nor_the_token():
    text = new_uuid_text()
    token = images_token(text)
    assert str(UUID(token)) == token != text
    assert digest_of(text) == sha256(token.encode()).digest() != sha256(text.encode()).digest()


def test_a_key_and_its_token_are_the_same_key_with_other_rights():
    text = new_uuid_text()
    by_key, by_token = read_uuid(text.upper()), read_token(images_token(text).upper())
    assert by_key
    assert by_token
    assert by_key.digest == by_token.digest == digest_of(text)
    grant = Grant("key:x", frozenset(Scope), EVERYWHERE)
    assert by_key.limiting(grant) == grant
    assert by_token.limiting(grant).scopes == {Scope.READ, Scope.IMAGES}
    assert by_token.limiting(Grant("key:x", frozenset({Scope.ENROL}), EVERYWHERE)).scopes == frozenset()


def test_a_key_is_not_its_own_token():
    text = new_uuid_text()
    taken_for_one = read_token(text)
    assert taken_for_one
    assert taken_for_one.digest != digest_of(text)


@pytest.mark.parametrize(
    "text",
    ["", "x", "fs_abc", KEY[:-1], f"{KEY}0", f" {KEY}", f"{{{KEY}}}", "\u0660" * 36, KEY.replace("-", "")],
)
def test_texts_that_are_none(text):
    assert read_uuid(text) is None
    assert read_token(text) is None


@pytest.mark.parametrize(
    ("path", "token"),
    [
        ("/api/v1/static/a/images/b", "a"),
        ("/api/v1/static//images/b", ""),
        ("/api/v1/static/a/images/b/c", None),
        ("/api/v1/static/a/b/images/c", None),
        ("/api/v1/recognition/faces", None),
        ("/x/api/v1/static/a/images/b", None),
    ],
)
def test_the_token_of_a_path(path, token):
    assert sent_token({"path": path}) == token
