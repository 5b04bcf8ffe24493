"""A filter of system calls that leaves a process what computing takes (seccomp, Linux).

Libraries that only offer this, such as libseccomp's bindings, need a C library that the images do not have.
"""

import ctypes
import os
import platform
import struct
import sys

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2

_X32 = 0x40000000
"""Numbers from here on are those of another calling convention of x86-64."""

_ALLOW, _KILL, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x80000000, 0x00050000 | 1, 0x00050000 | 38
"""What the kernel does with a call; a refused one fails with EPERM, since libraries try some and continue without.

One that is said to be unknown (ENOSYS) is one for which libraries have an older one, whose arguments a filter sees.
"""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Instructions of the kernel's filter language (classic BPF)."""

_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Offsets of what a filter sees of a call (struct seccomp_data)."""

_EXECUTABLE = 4
"""The bit of executable memory in the third argument of mmap and mprotect."""

_THREAD = 0x10000
"""The bit of a thread in the first argument of clone; without it, clone makes a process."""

_PROCESSOR_TIME = 0
"""The kernel's number of the limit of processor time."""

_X86_64 = {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "munmap": 11, "brk": 12, "rt_sigaction": 13,
    "rt_sigprocmask": 14, "rt_sigreturn": 15, "sched_yield": 24, "mremap": 25, "madvise": 28, "nanosleep": 35,
    "getpid": 39, "sendto": 44, "recvfrom": 45, "exit": 60, "gettimeofday": 96, "getrusage": 98, "sysinfo": 99,
    "times": 100, "sigaltstack": 131, "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204,
    "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231,
    "ppoll": 271, "set_robust_list": 273, "getcpu": 309, "getrandom": 318, "membarrier": 324, "rseq": 334,
    "mmap": 9, "mprotect": 10, "clone": 56, "tgkill": 234, "prlimit64": 302, "clone3": 435,
}  # fmt: skip

_AARCH64 = {
    "lseek": 62, "read": 63, "write": 64, "close": 57, "ppoll": 73, "fstat": 80, "exit": 93, "exit_group": 94,
    "futex": 98, "set_robust_list": 99, "nanosleep": 101, "clock_gettime": 113, "clock_getres": 114,
    "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124, "restart_syscall": 128, "sigaltstack": 132,
    "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "times": 153, "getrusage": 165, "getcpu": 168,
    "gettimeofday": 169, "getpid": 172, "gettid": 178, "sysinfo": 179, "sendto": 206, "recvfrom": 207, "brk": 214,
    "munmap": 215, "mremap": 216, "madvise": 233, "getrandom": 278, "membarrier": 283, "rseq": 293,
    "mmap": 222, "mprotect": 226, "clone": 220, "tgkill": 131, "prlimit64": 261, "clone3": 435,
}  # fmt: skip

_MACHINES = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}
"""The kernel's number of an architecture, and the numbers of its system calls that are allowed."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def filter_system_calls() -> bool:
    """Refuse all other system calls from now on, in this process, for good; False where the kernel cannot."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return False
    instructions = _filter(*_MACHINES[platform.machine()], os.getpid())
    program = _Program(len(instructions) // 8, instructions)
    return control_process(_NO_NEW_PRIVILEGES, 1) and control_process(_SET_SECCOMP, _FILTER, ctypes.addressof(program))


def control_process(option: int, *arguments: int) -> bool:
    """Call Linux's prctl for this process; False if it fails."""
    values = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    return bool(ctypes.CDLL(None).prctl(option, *values) == 0)


def _filter(architecture: int, numbers: dict[str, int], own_id: int) -> bytes:
    """Return the instructions for a process with the id `own_id`."""
    conditional = {
        # No code that is not there already.
        "mmap": [_step(_LOAD, _argument(2)), _step(_ANY_BIT, _EXECUTABLE, yes=1), _step(_RETURN, _ALLOW)],
        "mprotect": [_step(_LOAD, _argument(2)), _step(_ANY_BIT, _EXECUTABLE, yes=1), _step(_RETURN, _ALLOW)],
        # libde265 works on a separate thread.
        "clone": [_step(_LOAD, _argument(0)), _step(_ANY_BIT, _THREAD, no=1), _step(_RETURN, _ALLOW)],
        "clone3": [_step(_RETURN, _UNKNOWN)],
        # Its own threads may get signals, as by abort().
        "tgkill": [_step(_LOAD, _argument(0)), _step(_EQUAL, own_id, no=1), _step(_RETURN, _ALLOW)],
        # It may change its own limit of processor time, which is not the one that counts; root could raise others.
        "prlimit64": [
            _step(_LOAD, _argument(0)),
            _step(_EQUAL, 0, no=3),
            _step(_LOAD, _argument(1)),
            _step(_EQUAL, _PROCESSOR_TIME, no=1),
            _step(_RETURN, _ALLOW),
        ],
    }
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, architecture, yes=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _X32, no=1),
        _step(_RETURN, _KILL),
    ]
    for name, number in numbers.items():
        then = conditional.get(name)
        if then is None:
            steps += [_step(_EQUAL, number, no=1), _step(_RETURN, _ALLOW)]
        else:
            steps += [_step(_EQUAL, number, no=len(then) + 1), *then, _step(_RETURN, _REFUSE)]
    return b"".join([*steps, _step(_RETURN, _REFUSE)])


def _argument(index: int) -> int:
    """The offset of an argument's lower half, on machines of either supported architecture."""
    return _ARGUMENTS + 8 * index


def _step(code: int, operand: int, *, yes: int = 0, no: int = 0) -> bytes:
    """Return an instruction. yes, no: how many of the next ones a comparison skips."""
    return struct.pack("=HBBI", code, yes, no, operand)
