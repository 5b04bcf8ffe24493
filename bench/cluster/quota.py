"""A limit on the processor time of some processes, by control groups of version 1 or 2. Requires root."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PERIOD_MICROSECONDS = 100_000

_ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Quota:
    """A control group limited to the processor time of a number of cores."""

    folder: Path

    @classmethod
    @contextmanager
    def opened(cls, name: str, cores: float) -> Iterator[Self]:
        """Yield a group that is removed once its processes have ended. Raises OSError if groups cannot be created."""
        quota, period = str(round(cores * PERIOD_MICROSECONDS)), str(PERIOD_MICROSECONDS)
        if (_ROOT / "cgroup.controllers").exists():
            (_ROOT / "cgroup.subtree_control").write_text("+cpu")
            folder, limits = _ROOT / _named(name), {"cpu.max": f"{quota} {period}"}
        else:
            folder, limits = _ROOT / "cpu" / _named(name), {"cpu.cfs_period_us": period, "cpu.cfs_quota_us": quota}
        folder.mkdir()
        try:
            for file, limit in limits.items():
                (folder / file).write_text(limit)
            yield cls(folder)
        finally:
            with suppress(OSError):
                folder.rmdir()

    def command(self, command: Sequence[str | Path]) -> list[str | Path]:
        """Return the command line that runs `command` in the group; the process keeps its id."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', self.folder / "cgroup.procs", *command]


def _named(name: str) -> str:
    return f"faces-{os.getpid()}-{name}"
