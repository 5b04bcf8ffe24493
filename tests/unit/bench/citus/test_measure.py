"""The servers and directories that `python -m bench scale` uses."""

import pytest
from typer.testing import CliRunner

from bench.citus.databases import evenly
from bench.citus.measure import app, without_logins
from bench.citus.servers import Installation, Server


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["--server", "postgresql://db-0/postgres"],
        ["--postgres", ".", "--server", "postgresql://db-0/postgres", "--server", "postgresql://db-1/postgres"],
    ],
)
def test_either_a_postgresql_or_servers_are_needed(given):
    refused = CliRunner().invoke(app, [*given, "--models", ".", "spread"])
    assert refused.exit_code == 1
    assert "Give --postgres, or --server for the coordinator and for each server of shards." in str(refused.exception)


def test_a_folder_without_postgresql_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="has no bin/initdb"):
        Installation.opened(tmp_path, tmp_path, 16100)


def test_every_shard_gets_the_same_number_of_directories():
    shard_of = {"a": 1, "b": 1, "c": 2, "d": 1, "e": 2, "f": 2}
    assert evenly(shard_of, shard_of, 2) == ["a", "b", "c", "e"]


@pytest.mark.parametrize(
    ("dsn", "address", "database"),
    [
        ("postgresql://me:secret@db-1:5433/postgres", ("db-1", 5433), "postgresql://me:secret@db-1:5433/other"),
        ("postgresql://db-1/postgres", ("db-1", 5432), "postgresql://db-1/other"),
    ],
)
def test_a_server_has_an_address_and_other_databases(dsn, address, database):
    server = Server(dsn)
    assert server.address == address
    assert server.database("other") == database
    assert server.cpu_seconds() is None


def test_records_hold_no_logins():
    arguments = ["--server", "postgresql://me:secret@db-0/postgres", "spread", "--rounds", "3"]
    assert without_logins(arguments) == ["--server", "DSN", "spread", "--rounds", "3"]
