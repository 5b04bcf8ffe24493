"""Buckets that clients of Amazon Rekognition may name, as the settings give them."""

import re
from typing import NamedTuple

_ENTRY = re.compile(
    r"(?:(?P<directory>[^\s,=]+)/)?(?P<name>[0-9A-Za-z._-]{3,255})=(?P<url>(?:file:///|(?:s3|gs|az)://)[^\s,]+)"
)


class Bucket(NamedTuple):
    """A bucket by the name that clients use. directory: whose keys may read it, too."""

    name: str
    url: str
    directory: str | None


def read_buckets(text: str) -> tuple[Bucket, ...]:
    """Return the buckets of a comma-separated list. Raises ValueError with a readable message."""
    return tuple(_bucket(entry.strip()) for entry in text.split(",") if entry.strip())


def _bucket(entry: str) -> Bucket:
    found = _ENTRY.fullmatch(entry)
    if found is None:
        raise ValueError(f"{entry!r} must have the form BUCKET=URL or DIRECTORY/BUCKET=URL, such as photos=s3://photos")
    return Bucket(found["name"], found["url"], found["directory"])
