"""NOTICE and the labels of the images name the licences of what is in them."""

import re

import pytest

from tests.checkout import ROOT
from tests.contract.notice import NOTICE, label, licence, notice, packages


def test_the_notice_is_current():
    """If not: `python -m tests.contract.notice`."""
    assert NOTICE.read_text(encoding="utf-8") == notice()


def test_no_licence_asks_for_the_source_of_what_is_linked_to_it():
    found = {package: licence(package) for package in packages()}
    assert {name: each for name, each in found.items() if re.search(r"(?<!L)GPL", each)} == {}


@pytest.mark.parametrize(
    ("dockerfile", "sets"),
    [
        ("apiserver/Dockerfile", ("gateway", "traces")),
        ("vectorizer/Dockerfile", ("vectorizer", "models", "traces")),
        ("vectorizer/Dockerfile.gpu", ("vectorizer-gpu", "traces")),
    ],
)
def test_images_are_labelled_with_the_licences_in_them(dockerfile: str, sets: tuple[str, ...]):
    text = (ROOT / dockerfile).read_text(encoding="utf-8")
    assert f'org.opencontainers.image.licenses="{label(*sets)}"' in text
    assert "COPY --from=build /build/LICENSE /build/NOTICE /usr/share/doc/faceserver/\n" in text
