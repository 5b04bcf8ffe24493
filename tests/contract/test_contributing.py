"""CONTRIBUTING.md names files that exist."""

import re

import pytest

from tests.checkout import ROOT

NAMED = re.findall(
    r"`((?:apiserver|serving|vectorizer|faceserver|db|bench|tests)/[\w/.]+)`", (ROOT / "CONTRIBUTING.md").read_text()
)


def test_the_document_names_where_to_change_what():
    assert len(NAMED) > 20


@pytest.mark.parametrize("path", sorted(set(NAMED)))
def test_what_the_document_names_exists(path: str):
    assert (ROOT / path).exists()
