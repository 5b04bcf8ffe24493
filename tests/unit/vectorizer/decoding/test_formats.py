"""Formats that are switched off are refused by their first bytes."""

import pytest

from tests.unit.vectorizer.image_files import PHOTO, encoded
from vectorizer.decoding.budget import Limits
from vectorizer.decoding.formats import Format, format_of
from vectorizer.images import decode
from vectorizer.problems import InvalidFileFormat

NAMES = {"HEIC": "HEIF"}


@pytest.mark.parametrize("image_format", Format)
def test_a_format_that_is_switched_off(image_format: Format):
    data = encoded(PHOTO, NAMES.get(image_format.upper(), image_format.upper()))
    assert format_of(data) is image_format
    others = frozenset(Format) - {image_format}
    sentence = (
        f"^Invalid file format image/{image_format}: this service is set to read [A-Z, ]+ only; send one of these$"
    )
    # What follows the first bytes of the file is not looked at.
    for sent in (data, data[:64] + bytes(100)):
        with pytest.raises(InvalidFileFormat, match=sentence):
            decode(sent, Limits(10_000_000, 10_000_000, formats=others))
    assert decode(data, Limits(10_000_000, 10_000_000, formats=frozenset({image_format}))).width == PHOTO.width


def test_av1_in_a_file_of_another_brand():
    data = encoded(PHOTO, "AVIF").replace(b"avif", b"mif1").replace(b"avis", b"mif1")
    assert format_of(data) is Format.HEIC
    with pytest.raises(InvalidFileFormat, match="image/avif: this service is set to read HEIC only"):
        decode(data, Limits(10_000_000, 10_000_000, formats=frozenset({Format.HEIC})))


@pytest.mark.parametrize("beginning", [b"MM*\0", b"II\0*", b"\xff\xd8", b"GIF88a", b"RIFF\0\0\0\0WAVE"])
def test_beginnings_that_are_none(beginning: bytes):
    assert format_of(beginning + bytes(100)) is None
