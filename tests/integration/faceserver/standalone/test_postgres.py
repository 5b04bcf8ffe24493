"""The cluster of a data folder: whom it lets in, and what it leaves readable."""

import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from faceserver.standalone.accounts import unprivileged_account
from faceserver.standalone.child import Child
from faceserver.standalone.guard import Guard
from faceserver.standalone.postgres import Cluster
from tests.database import copy_cluster
from tests.waiting import until


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that only its owner can enter, with a cluster of an earlier version."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name, "closed")
        data.mkdir(mode=0o700)
        account = unprivileged_account()
        copy_cluster(data / "postgres", account and account.pw_name)
        with (data / "postgres" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 127.0.0.1/32 trust\n")
        (data / "postgresql.log").touch(mode=0o644)
        yield data


async def test_a_cluster_is_private_and_parents_stay_closed(folder: Path):
    with Cluster.opened(folder) as cluster, Guard() as guard:
        await cluster.prepare()
        server = Child(cluster.program, guard)
        await server.start()
        await until(lambda: cluster.is_ready(server.pid))
        assert query(cluster, "SHOW log_error_verbosity") == "terse"
        assert query(cluster, "SELECT string_agg(DISTINCT type || ' ' || auth_method, ',') FROM pg_hba_file_rules") == (
            "local trust"
        )
        await server.stop()

    for private in (folder, folder.parent):
        assert stat.filemode(private.stat().st_mode) == "drwx------"
    assert stat.filemode((folder / "postgresql.log").stat().st_mode) == "-rw-------"


async def test_a_new_cluster_is_made_below_closed_folders(folder: Path):
    fresh = folder / "fresh"
    fresh.mkdir()
    with Cluster.opened(fresh) as cluster:
        await cluster.prepare()
    assert (fresh / "postgres" / "PG_VERSION").exists()
    assert "host" not in [line.split()[0] for line in rules_of(fresh) if not line.startswith("#")]


def rules_of(folder: Path) -> list[str]:
    return (folder / "postgres" / "pg_hba.conf").read_text().splitlines()


def query(cluster: Cluster, statement: str) -> str:
    psql = Path(cluster.program.command[0]).with_name("psql")
    dsn = cluster.dsn.replace("/faceserver?", "/postgres?")
    done = subprocess.run(
        [psql, "--no-align", "--tuples-only", "--command", statement, dsn], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
