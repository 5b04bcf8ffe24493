"""The format of encrypted data: what is changed, moved or exchanged cannot be decrypted."""

import os
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiserver.encryption.sealing import (
    CHUNK_BYTES,
    HEADER_BYTES,
    SEALED_CHUNK_BYTES,
    Chunks,
    Cipher,
    DataKey,
    Place,
    content_size,
    is_sealed,
    key_id_of,
    sealed,
    span_of,
    unsealed,
    unsealed_span,
)
from apiserver.problems import ObjectDamaged

KEY = DataKey(uuid4(), os.urandom(32))
PLACE = Place("acme", "photo.jpg")
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7]
CONTENT = os.urandom(3 * CHUNK_BYTES + 7)
SEALED = sealed(KEY, PLACE, CONTENT)
CIPHER = Cipher(KEY, PLACE, SEALED[:HEADER_BYTES])


@pytest.mark.parametrize("size", SIZES)
def test_content_comes_back(size):
    data = sealed(KEY, PLACE, CONTENT[:size])

    assert is_sealed(data)
    assert key_id_of(data) == KEY.key_id
    assert content_size(len(data)) == size
    assert unsealed(KEY, PLACE, data) == CONTENT[:size]


def test_the_same_content_looks_different_each_time():
    again = sealed(KEY, PLACE, CONTENT)

    assert again[HEADER_BYTES:] != SEALED[HEADER_BYTES:]
    assert CONTENT[:16] not in again


@given(position=st.integers(0, len(CONTENT) - 1), length=st.integers(1, len(CONTENT)))
def test_any_range_is_read_alone(position, length):
    length = min(length, len(CONTENT) - position)
    span = span_of(len(SEALED), position, length)

    found = unsealed_span(CIPHER, len(SEALED), span.first, SEALED[span.start : span.start + span.length])
    assert found[span.skip : span.skip + length] == CONTENT[position : position + length]
    assert span.length <= length + 2 * SEALED_CHUNK_BYTES


@given(st.lists(st.integers(1, 100_000), max_size=8))
def test_pieces_of_any_size_are_decrypted(cuts):
    chunks, rest = Chunks(CIPHER, encrypts=False), SEALED[HEADER_BYTES:]
    pieces: list[bytes] = []
    for cut in cuts:
        pieces += chunks.push(rest[:cut])
        rest = rest[cut:]
    pieces += chunks.push(rest)

    assert b"".join([*pieces, chunks.finish()]) == CONTENT


def chunk(number: int) -> bytes:
    return SEALED[HEADER_BYTES + number * SEALED_CHUNK_BYTES :][:SEALED_CHUNK_BYTES]


CHANGED = {
    "the last chunk is missing": SEALED[: HEADER_BYTES + 3 * SEALED_CHUNK_BYTES],
    "the first chunk is missing": SEALED[:HEADER_BYTES] + SEALED[HEADER_BYTES + SEALED_CHUNK_BYTES :],
    "two chunks are exchanged": SEALED[:HEADER_BYTES] + chunk(1) + chunk(0) + chunk(2) + chunk(3),
    "a chunk occurs twice": SEALED[:HEADER_BYTES] + chunk(0) + chunk(0) + chunk(1) + chunk(2) + chunk(3),
    "only the last chunk is left": SEALED[:HEADER_BYTES] + chunk(3),
    "something is added": SEALED + b"0",
    "only the header is left": SEALED[:HEADER_BYTES],
    "the header is cut": SEALED[:20],
    "a chunk of another object": SEALED[:HEADER_BYTES] + sealed(KEY, PLACE, CONTENT)[HEADER_BYTES:],
}


@pytest.mark.parametrize("data", CHANGED.values(), ids=CHANGED.keys())
def test_changed_data_are_refused(data):
    with pytest.raises(ObjectDamaged):
        unsealed(KEY, PLACE, data)


@pytest.mark.parametrize("position", [*range(8, HEADER_BYTES, 5), HEADER_BYTES, len(SEALED) // 2, len(SEALED) - 1])
def test_no_bit_can_be_changed(position):
    data = bytearray(SEALED)
    data[position] ^= 1

    with pytest.raises(ObjectDamaged):
        unsealed(KEY, PLACE, bytes(data))


@pytest.mark.parametrize(
    ("key", "place"),
    [
        (KEY, Place("acme", "other.jpg")),
        (KEY, Place("acme2", "photo.jpg")),
        (KEY, Place("acmep", "hoto.jpg")),
        (DataKey(KEY.key_id, os.urandom(32)), PLACE),
    ],
)
def test_data_belong_to_one_place_and_one_key(key, place):
    with pytest.raises(ObjectDamaged):
        unsealed(key, place, SEALED)


@pytest.mark.parametrize("size", [0, HEADER_BYTES, HEADER_BYTES + 15, HEADER_BYTES + SEALED_CHUNK_BYTES + 15])
def test_no_content_has_such_a_size(size):
    with pytest.raises(ObjectDamaged):
        content_size(size)


def test_a_key_does_not_show_its_secret():
    assert repr(KEY.secret) not in repr(KEY)
