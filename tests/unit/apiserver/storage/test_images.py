"""Names of stored images."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from apiserver.storage.images import image_key
from apiserver.tagged_ids import tag_of

SECRET, SHA256 = bytes(32), bytes(range(32))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary(min_size=32, max_size=32))
def test_a_key_is_a_uuid_of_the_directory_with_the_extension(directory, sha256):
    name, _, extension = image_key(SECRET, directory, sha256, "jpg").partition(".")
    assert extension == "jpg"
    assert str(UUID(name)) == name
    assert UUID(name).bytes[:6] == tag_of(SECRET, directory)
    assert (UUID(name).version, UUID(name).variant) == (5, "specified in RFC 4122")


def test_the_same_image_has_the_same_key():
    assert image_key(SECRET, "acme", SHA256, "jpg") == image_key(SECRET, "acme", SHA256, "jpg")


def test_directories_do_not_share_keys():
    assert image_key(SECRET, "acme", SHA256, "jpg") != image_key(SECRET, "other", SHA256, "jpg")


def test_images_do_not_share_keys():
    assert image_key(SECRET, "acme", SHA256, "jpg") != image_key(SECRET, "acme", SHA256[::-1], "jpg")


def test_installations_do_not_share_keys():
    assert image_key(SECRET, "acme", SHA256, "jpg") != image_key(bytes([1]) * 32, "acme", SHA256, "jpg")
