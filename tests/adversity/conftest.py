"""One stack, shared by all tests that disturb it only in ways from which it recovers."""

from collections.abc import Iterator

import httpx
import pytest

from tests.stack import Stack, new_stack
from tests.waiting import wait_until


@pytest.fixture(scope="session")
def shared_stack() -> Iterator[Stack]:
    with new_stack() as stack:
        yield stack.start()
        assert stack.stop() == 0, stack.log
        assert "Traceback" not in stack.log, stack.log


@pytest.fixture
def stack(shared_stack: Stack) -> Stack:
    wait_until(shared_stack.is_ready)
    return shared_stack


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    with stack.client() as client:
        yield client
