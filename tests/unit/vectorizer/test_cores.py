"""The limit of a container applies, not the machine's number of processors."""

import os
from pathlib import Path

import pytest

from vectorizer.cores import usable_cores

ALL = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(("quota", "cores"), [("50000 100000", 1), ("100000 100000", 1), ("max 100000", ALL)])
def test_version_2(tmp_path: Path, quota: str, cores: int):
    (tmp_path / "cpu.max").write_text(quota)
    assert usable_cores(tmp_path) == cores


@pytest.mark.parametrize(("quota", "cores"), [("30000", 1), ("-1", ALL)])
def test_version_1(tmp_path: Path, quota: str, cores: int):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert usable_cores(tmp_path) == cores


def test_no_control_group(tmp_path: Path):
    assert usable_cores(tmp_path) == ALL
