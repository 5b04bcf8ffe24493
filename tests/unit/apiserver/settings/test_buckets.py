"""Buckets in a setting."""

import pytest

from apiserver.settings.buckets import Bucket, read_buckets


def test_buckets_for_all_and_for_a_directory():
    text = "photos=s3://photos, acme/photos=file:///srv/photos,"
    assert read_buckets(text) == (Bucket("photos", "s3://photos", None), Bucket("photos", "file:///srv/photos", "acme"))
    assert read_buckets("") == ()


@pytest.mark.parametrize(
    "text", ["photos", "photos=", "photos=/srv", "a=s3://a", "photos=http://x/y", "/photos=s3://x"]
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match="must have the form"):
        read_buckets(text)
