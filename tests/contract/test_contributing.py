"""CONTRIBUTING.md names files that exist."""

import re

import pytest

from tests.checkout import ROOT

NAMED = re.findall(
    r"`((?:apiserver|serving|vectorizer|faceserver|db|bench|tests)/[\w/.]+)`", (ROOT / "CONTRIBUTING.md").read_text()
)


def test_the_document_has_the_table_of_places_to_change():
    assert len(NAMED) > 20


@pytest.mark.parametrize("path", sorted(set(NAMED)))
def test_every_named_file_exists(path: str):
    assert (ROOT / path).exists()
