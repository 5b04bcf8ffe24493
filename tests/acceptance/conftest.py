"""One running stack for all tests that leave it running."""

from collections.abc import Iterator

import httpx
import pytest

from tests.stack import Stack, new_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with new_stack() as stack:
        yield stack.start()
        assert stack.stop() == 0, stack.log


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    with stack.client() as client:
        yield client
