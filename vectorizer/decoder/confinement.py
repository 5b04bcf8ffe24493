"""Takes from a process what decoding does not need: other files, the network, other processes, unlimited memory."""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from vectorizer.decoder.seccomp import control_process, filter_system_calls

if sys.platform != "win32":
    import resource

_PARENT_DEATH_SIGNAL, _DUMPABLE = 1, 4

_MAPPED_BYTES = 256 << 20
"""What else may be mapped in addition to the memory that is written: libraries, and what allocators reserve."""


def die_with_parent() -> None:
    """End this process when the thread that forked it ends."""
    if sys.platform == "linux":
        control_process(_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def die_first() -> None:
    """Let the kernel end this process and its children first when the machine has no memory left."""
    with suppress(OSError):  # only Linux has it
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def keep_only(*descriptors: int) -> None:
    """Close all files but the standard ones and these."""
    previous = 2
    for descriptor in (*sorted(descriptors), os.sysconf("SC_OPEN_MAX")):
        os.closerange(previous + 1, descriptor)
        previous = descriptor


def confine(memory_bytes: int, shared_bytes: int) -> bool:
    """Limit the memory that is written to what it is now and `memory_bytes`, and refuse files, sockets and processes.

    Return whether the kernel filters system calls; where it does not, only new descriptors and processes are refused.
    """
    _limit_memory(memory_bytes, shared_bytes)
    for name, value in (("CORE", 0), ("FSIZE", 0), ("NOFILE", 0)):
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    if sys.platform == "linux":
        control_process(_DUMPABLE, 0)  # nobody else of the same account reads its memory
    return filter_system_calls()


def _limit_memory(memory_bytes: int, shared_bytes: int) -> None:
    """Limit private memory, and mapped memory as well, for what is shared is not counted as private."""
    with suppress(OSError, ValueError):  # other systems than Linux do not tell, nor limit it
        written, mapped = _sizes()
        resource.setrlimit(resource.RLIMIT_DATA, 2 * (written + memory_bytes,))
        most = mapped + memory_bytes + shared_bytes + _MAPPED_BYTES
        resource.setrlimit(resource.RLIMIT_AS, 2 * (most,))


def _sizes() -> tuple[int, int]:
    """Return the bytes of private memory that this process may write, and of all that it has mapped."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return 1024 * int(fields["VmData"].split()[0]), 1024 * int(fields["VmSize"].split()[0])


def limit_processor_time(seconds: float) -> None:
    """End this process after `seconds` more of processor time, rounded up to the next whole one."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
