"""What a confined process can still do."""

import subprocess
import sys
from textwrap import dedent, indent

import pytest

from tests.checkout import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Other systems have fewer options.")

_MEGABYTES = 10**6

_TRIED = """
    import ctypes, errno, mmap, os, socket, sys, threading
    sys.path.insert(0, {root!r})
    from vectorizer.decoder.confinement import confine, keep_only
    libc = ctypes.CDLL(None, use_errno=True)
    secret = os.open({root!r}, os.O_RDONLY)
    parent = os.getppid()
    keep_only()
    filtered = confine(200 * 10**6, 0)
    try:
    {attempt}
    except OSError as error:
        result = errno.errorcode[error.errno]
    except MemoryError:
        result = "MemoryError"
    else:
        result = "done"
    os.write(1, f"{{filtered}} {{result}}".encode())
"""


def outcome(attempt: str) -> str:
    """Try something in a confined process; return the name of the error, or `done`."""
    program = dedent(_TRIED).format(root=str(ROOT), attempt=indent(dedent(attempt).strip(), "    "))
    tried = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    filtered, result = tried.stdout.split()
    assert filtered == "True"
    return result


@pytest.mark.parametrize(
    "attempt",
    [
        "os.open('/etc/passwd', os.O_RDONLY)",
        "os.stat('/etc/passwd')",
        "os.listdir('/')",
        "os.unlink('/tmp/nothing')",
        "socket.socket()",
        "socket.socketpair()",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.kill(parent, 0)",
        "os.setuid(65534)",
        "os.memfd_create('more')",
        "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
        "if libc.setrlimit(2, (ctypes.c_ulong * 2)(2**63, 2**63)): raise OSError(ctypes.get_errno(), '')",
        "if libc.ptrace(16, parent, 0, 0): raise OSError(ctypes.get_errno(), '')",
    ],
)
def test_it_reaches_nothing_but_itself(attempt: str):
    assert outcome(attempt) == "EPERM"


def test_files_that_were_open_are_closed():
    assert outcome("os.lseek(secret, 0, 0)") == "EBADF"


@pytest.mark.parametrize(("megabytes", "result"), [(100, "done"), (300, "MemoryError")])
def test_it_gets_the_memory_that_it_may_have(megabytes: int, result: str):
    assert outcome(f"bytes({megabytes * _MEGABYTES})") == result


def test_shared_memory_is_limited_too():
    assert outcome("[mmap.mmap(-1, 50 * 10**6) for _ in range(20)]") == "ENOMEM"


def test_it_has_threads():
    """A decoder of HEIC works on one."""
    assert outcome("thread = threading.Thread(); thread.start(); thread.join()") == "done"
