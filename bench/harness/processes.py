"""CPU time and memory of the processes of a stack."""

import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

LOAD_GENERATOR = "load generator"
SERVICES = {"apiserver": "gateway", "apiserver.worker": "worker", "vectorizer": "vectorizer"}

Usages = Mapping[str, "Usage"]


@dataclass(frozen=True)
class Usage:
    """The CPU time used by a process and its children so far, and their memory now.

    Pages that children share with each other are counted once, as far as the platform reports them.
    """

    cpu_seconds: float
    memory_bytes: int


def usages(supervisor: int | None) -> dict[str, Usage]:
    """Return the usage of this process, the load generator, and of each service that is a child of `supervisor`.

    Several processes of one service are numbered in the order of their start.
    """
    found = {LOAD_GENERATOR: usage(psutil.Process())}
    for process in psutil.Process(supervisor).children() if supervisor else ():
        if name := _service(process):
            number = 1 + sum(known.split(" ")[0] == name for known in found)
            found[name if number == 1 else f"{name} {number}"] = usage(process)
    return found


def cpu_ms_per_image(before: Usages, after: Usages, images: int) -> dict[str, float]:
    """Return the CPU time that each process used in between, milliseconds for each of `images`."""
    return {
        name: 1000 * (used.cpu_seconds - before[name].cpu_seconds) / max(1, images)
        for name, used in after.items()
        if name in before
    }


def memory_mb(found: Usages) -> dict[str, float]:
    """Return the resident memory of each process, megabytes."""
    return {name: used.memory_bytes / 1e6 for name, used in found.items()}


def gpu_memory_mb() -> float | None:
    """Return the memory in use on all NVIDIA GPUs, megabytes; None without a GPU."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return None
    query = [command, "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    lines = subprocess.run(query, check=True, capture_output=True, text=True).stdout.split()
    return 1.048576 * sum(map(float, lines))


def _service(process: psutil.Process) -> str | None:
    with suppress(psutil.Error):
        words = process.cmdline()
        if process.name() == "postgres":
            return "PostgreSQL"
        return next((name for module, name in SERVICES.items() if module in words), None)
    return None


def usage(process: psutil.Process) -> Usage:
    """Return the usage of a process and its children, of this process without them.

    The time of children that have ended is in their parent's; of those that live it is their own.
    """
    children = [] if process == psutil.Process() else process.children(recursive=True)
    seconds, private, shared = sum(process.cpu_times()[:4]), [0], [0]
    for member in (process, *children):
        with suppress(psutil.NoSuchProcess):
            memory = member.memory_info()
            seconds += sum(member.cpu_times()[:2]) if member in children else 0.0
            common = getattr(memory, "shared", 0)  # not available on macOS
            private.append(memory.rss - common)
            shared.append(common)
    return Usage(seconds, sum(private) + max(shared))


def total(values: Mapping[str, float]) -> float:
    """Return the sum over the stack's own processes, the load generator left out."""
    return sum(value for name, value in values.items() if name != LOAD_GENERATOR)
