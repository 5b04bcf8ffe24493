"""What holds for all tests with real neighbours."""

from collections.abc import Iterator

import pytest

from tests.integration.db.executed import executed


@pytest.fixture(autouse=True)
def right_on_several_servers() -> Iterator[None]:
    """Asserts that statements executed for the first time could as well be executed where tables are distributed."""
    yield
    assert executed.faults() == []
