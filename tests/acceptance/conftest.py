"""One running stack, shared by all tests that leave it running."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.commands import Commands
from tests.photographs import actor, astronaut, beside, encoded, nobody
from tests.stack import Stack, new_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with new_stack(environment={"APISERVER_FACADES": "compreface"}) as stack:
        yield stack.start()
        assert stack.stop() == 0, stack.log


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    with stack.client() as client:
        yield client


@pytest.fixture
def command(stack: Stack, tmp_path: Path) -> Commands:
    """Run `faceserver` in a folder with a few photographs, for a directory that no other test uses."""
    (tmp_path / "ann.jpg").write_bytes(encoded(astronaut()))
    (tmp_path / "party.jpg").write_bytes(encoded(beside(astronaut(), actor())))
    (tmp_path / "cup.jpg").write_bytes(encoded(nobody()))
    return Commands(stack, tmp_path, uuid.uuid4().hex)
