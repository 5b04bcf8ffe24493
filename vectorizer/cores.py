"""The number of processor cores that this process may use."""

import math
import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def usable_cores(cgroup: Path = _CGROUP) -> int:
    """Return the cores that affinity and the control group's quota allow, at least 1.

    A container limited to 2 cores on a machine with 64 sees 64 processors and gets the time of 2.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(affinity, _quota(cgroup))))


def _quota(cgroup: Path) -> float:
    """The cores' worth of time that the control group allows, by version 2 or 1 of the kernel's interface."""
    for files in (["cpu.max"], ["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"]):
        try:
            quota, period = " ".join((cgroup / file).read_text(encoding="ascii") for file in files).split()
            allowed = int(quota) / int(period)
        except (OSError, ValueError):  # no such file, or "max"
            continue
        if allowed > 0:
            return allowed
    return math.inf
