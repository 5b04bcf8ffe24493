"""Names of stored images."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from apiserver.image_store import image_key


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary())
def test_a_key_is_a_version_8_uuid_with_the_extension(directory, content):
    name, _, extension = image_key(directory, content, "jpg").partition(".")
    assert extension == "jpg"
    assert str(UUID(name)) == name
    assert (UUID(name).version, UUID(name).variant) == (8, "specified in RFC 4122")


def test_the_same_image_has_the_same_key():
    assert image_key("acme", b"image", "jpg") == image_key("acme", b"image", "jpg")


def test_directories_do_not_share_keys():
    assert image_key("acme", b"image", "jpg") != image_key("other", b"image", "jpg")


def test_the_border_between_directory_and_content_counts():
    assert image_key("ab", b"c", "jpg") != image_key("a", b"bc", "jpg")
