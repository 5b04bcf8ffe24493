"""Hosts that are network namespaces, each on a cable to one bridge.

The bridge is in a separate namespace, so the network of the machine is neither changed nor reachable. Requires root
and `ip` of iproute2.
"""

import asyncio
import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import psutil  # type: ignore[import-untyped]

PREFIX = "faces"
SUBNET = "10.87.0"
CLIENT = "client"

_CLONE_NEWNET = 0x40000000
_NAMESPACES = Path("/run/netns")
_FILES = Path("/etc/netns")
"""What `ip netns exec` puts over /etc for each namespace."""
_SWITCH, _BRIDGE = "switch", "bridge"

_T = TypeVar("_T")


@dataclass(frozen=True)
class Host:
    """A host: its namespace and its only address other than loopback."""

    name: str
    namespace: str
    address: str

    def command(self, command: Sequence[str | Path]) -> list[str | Path]:
        """Return the command line that runs `command` on this host; the process keeps its id."""
        return ["ip", "netns", "exec", self.namespace, *command]


class Network:
    """The hosts, and the cables between them and the bridge."""

    def __init__(self) -> None:
        self._prefix = f"{PREFIX}-{os.getpid()}"
        self._hosts: dict[str, Host] = {}
        self._last_address = 1

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Self]:
        """Yield a network with the host `client`; it is always removed completely."""
        _remove_left_over()
        network = cls()
        try:
            _ip("netns", "add", network._namespace(_SWITCH))
            network._at_switch("link", "add", _BRIDGE, "type", "bridge")
            network._at_switch("link", "set", _BRIDGE, "up")
            network.add(CLIENT)
            yield network
        finally:
            _remove(network._prefix)

    def add(self, name: str, name_server: str | None = None) -> Host:
        """Set up a host that looks names up at the address `name_server`."""
        self._last_address += 1
        host = Host(name, self._namespace(name), f"{SUBNET}.{self._last_address}")
        _ip("netns", "add", host.namespace)
        if name_server:
            folder = _FILES / host.namespace
            folder.mkdir(parents=True)
            (folder / "resolv.conf").write_text(f"nameserver {name_server}\noptions timeout:1 attempts:2\n")
        self._at_switch("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
        self._at_switch("link", "set", name, "master", _BRIDGE, "up")
        _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
        for interface in ("lo", "eth0"):
            _ip("-n", host.namespace, "link", "set", interface, "up")
        self._hosts[name] = host
        return host

    def remove(self, host: Host) -> None:
        """Remove a host on which nothing runs any more."""
        del self._hosts[host.name]
        _remove(host.namespace)

    def cut(self, host: Host) -> None:
        """Pull the host's cable: packets to it are lost silently."""
        self._at_switch("link", "set", host.name, "down")

    def mend(self, host: Host) -> None:
        """Plug the cable in again."""
        self._at_switch("link", "set", host.name, "up")

    def inside(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Run `work` in an event loop on the host `client` and return its result; interrupted, it is cancelled first.

        The loop runs in a separate thread, because namespaces are set per thread: the sockets, threads and processes
        that it creates are in the same namespace.
        """
        running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

        async def noted() -> _T:
            task = asyncio.current_task()
            assert task
            running.append((asyncio.get_running_loop(), task))
            return await work()

        def run() -> _T:
            _enter(self._hosts[CLIENT].namespace)
            return asyncio.run(noted())

        with ThreadPoolExecutor(1, CLIENT) as thread:
            future = thread.submit(run)
            try:
                return future.result()
            except BaseException:
                if running and not future.done():
                    loop, task = running[0]
                    loop.call_soon_threadsafe(task.cancel)
                raise

    def _namespace(self, name: str) -> str:
        return f"{self._prefix}-{name}"

    def _at_switch(self, *words: str) -> str:
        return _ip("-n", self._namespace(_SWITCH), *words)


def complaint(*programs: str) -> str | None:
    """Return a sentence that says why a network with these programs is impossible; None if it is possible."""
    if os.geteuid() != 0:
        return "Network namespaces need root."
    for program in ("ip", *programs):
        if shutil.which(program) is None:
            return f"{program} is not installed."
    name = f"{PREFIX}-{os.getpid()}-trial"
    try:
        _ip("netns", "add", name)
        _ip("-n", name, "link", "add", _BRIDGE, "type", "bridge")
    except RuntimeError as error:
        return f"There are no network namespaces here: {error}"
    finally:
        _remove(name)
    return None


def _enter(namespace: str) -> None:
    """Move this thread into a namespace. (`os.setns` came with Python 3.12.)"""
    libc: Any = ctypes.CDLL(None, use_errno=True)
    with (_NAMESPACES / namespace).open() as file:
        if libc.setns(file.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")


def _remove_left_over() -> None:
    """Remove the namespaces of processes that were killed before they could."""
    names = (path.name for path in _NAMESPACES.glob(f"{PREFIX}-*")) if _NAMESPACES.exists() else ()
    for prefix in {"-".join(name.split("-")[:2]) for name in names}:
        owner = prefix.partition("-")[2]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            _remove(prefix)


def _remove(prefix: str) -> None:
    """Remove the namespace of this name, and those whose names continue with a hyphen."""
    for folder, remove in ((_NAMESPACES, _delete_namespace), (_FILES, _delete_files)):
        for path in [folder / prefix, *folder.glob(f"{prefix}-*")]:
            if path.exists():
                remove(path)
    with suppress(OSError):  # in use by others, or never created
        _FILES.rmdir()


def _delete_namespace(path: Path) -> None:
    with suppress(RuntimeError):  # a leftover
        _ip("netns", "delete", path.name)


def _delete_files(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def _ip(*words: str) -> str:
    """Run `ip`. Raises RuntimeError with its message."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)  # noqa: S607 - by PATH
    if done.returncode != 0:
        raise RuntimeError(" ".join(done.stderr.split()) or f"ip {' '.join(words)} failed")
    return done.stdout
