"""The object stores: a folder, and a bucket of an S3 server behind a line that can be disturbed."""

from collections.abc import Iterator

import pytest

from tests.servers.s3 import ACCESS, Line, new_bucket, s3_server


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture
def line(s3: str) -> Iterator[Line]:
    with Line.to(s3) as line:
        yield line


@pytest.fixture
def bucket_url(s3: str, line: Line, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a bucket of its own, which is reached over the line."""
    for name, value in (ACCESS | {"AWS_ENDPOINT": f"http://127.0.0.1:{line.port}", "AWS_ALLOW_HTTP": "true"}).items():
        monkeypatch.setenv(name, value)
    return f"s3://{new_bucket(s3)}"
