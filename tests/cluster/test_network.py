"""A network of namespaces is removed completely, however it ends."""

import asyncio
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from bench.cluster.network import CLIENT, PREFIX, SUBNET, Network, complaint
from bench.cluster.quota import Quota
from tests.waiting import PATIENCE_SECONDS

NAMESPACES = Path("/run/netns")


pytestmark = pytest.mark.allow_hosts([f"{SUBNET}.0/24"])


@pytest.fixture(autouse=True)
def _root() -> None:
    if wrong := complaint():
        pytest.skip(wrong)


def own_namespaces() -> set[str]:
    return {path.name for path in NAMESPACES.glob(f"{PREFIX}-{os.getpid()}-*")}


def test_a_network_that_fails_leaves_nothing():
    def fail() -> None:
        with Network.opened() as network:
            host = network.add("host", name_server="10.0.0.1")
            assert f"nameserver {'10.0.0.1'}" in Path("/etc/netns", host.namespace, "resolv.conf").read_text()
            assert len(own_namespaces()) == 3
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert own_namespaces() == set()
    assert list(Path("/etc/netns").glob(f"{PREFIX}-{os.getpid()}-*")) == []


def test_namespaces_of_a_killed_process_are_removed():
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = f"{PREFIX}-{ended.pid}-host"
    subprocess.run(["ip", "netns", "add", left], check=True)
    with Network.opened():
        assert not (NAMESPACES / left).exists()


def test_work_runs_on_the_client_host():
    async def addresses() -> str:
        process = await asyncio.create_subprocess_exec("ip", "-brief", "address", stdout=asyncio.subprocess.PIPE)
        return (await process.communicate())[0].decode()

    with Network.opened() as network:
        network.add("other")
        said = network.inside(addresses)
        assert "10.87.0.2/24" in said
        assert len(said.splitlines()) == 2, f"{CLIENT} has loopback and one cable"


def test_no_packet_crosses_a_pulled_cable():
    with Network.opened() as network:
        host = network.add("host")

        async def answers(seconds: float = PATIENCE_SECONDS) -> bool:
            try:
                await asyncio.wait_for(asyncio.open_connection(host.address, 9), seconds)
            except ConnectionRefusedError:
                return True  # to the host itself
            except TimeoutError:
                return False
            raise AssertionError("somebody listens there")

        assert network.inside(answers)
        network.cut(host)
        assert not network.inside(partial(answers, 0.5))
        network.mend(host)
        assert network.inside(answers)


def test_a_quota_limits_the_processes_in_it():
    spin = (
        "import time; begun = time.time()\n"
        "while time.time() < begun + 1: pass\n"
        "print(time.process_time() / (time.time() - begun))"
    )
    with Quota.opened("test", 0.2) as quota:
        done = subprocess.run(quota.command([sys.executable, "-c", spin]), check=True, capture_output=True, text=True)
    assert float(done.stdout) < 0.5
    assert not quota.folder.exists()
