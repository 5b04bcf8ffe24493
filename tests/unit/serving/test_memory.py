"""The limit of a container applies, not the machine's memory."""

import os
from pathlib import Path

import pytest

from serving.memory import usable_memory

ALL = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize("file", ["memory.max", "memory/memory.limit_in_bytes"])
@pytest.mark.parametrize(("limit", "usable"), [("1000000\n", 1_000_000), ("max\n", ALL), (f"{2**63}\n", ALL)])
def test_the_limit_of_the_control_group(tmp_path: Path, file: str, limit: str, usable: int):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(limit)
    assert usable_memory(tmp_path) == usable


def test_no_control_group(tmp_path: Path):
    assert usable_memory(tmp_path) == ALL
