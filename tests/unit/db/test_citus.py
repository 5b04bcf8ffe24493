"""What is said about servers of Citus that cannot take the tables."""

import json
from dataclasses import replace

import pytest

from db.citus import Facts, fault, faults_of_server

COORDINATOR = Facts(version="18.4", database="faceserver", is_installed=True, is_loaded=True, citus="14.0-1")
SERVER = {"wal_level": "logical", "prepared": 200, "vector": "0.8.5"}


def test_a_coordinator_is_accepted():
    assert fault(COORDINATOR, "db-0") is None
    assert list(faults_of_server("db-1:5432", True, json.dumps(SERVER))) == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"is_installed": False}, "a database on one server needs no distribution"),
        ({"is_loaded": False}, "shared_preload_libraries"),
        ({"citus": None}, "run CREATE EXTENSION citus in it, on every server"),
        ({"citus": "13.2-1"}, "uses Citus 13.2-1; version 14 or newer is needed"),
    ],
)
def test_what_a_coordinator_lacks_is_said(other, said):
    assert said in (fault(replace(COORDINATOR, **other), "db-0") or "")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"wal_level": "replica"}, "has wal_level=replica; set it to logical"),
        ({"prepared": 0}, "max_prepared_transactions=0"),
        ({"vector": None}, "pgvector not installed; install 0.8.4 or newer"),
        ({"vector": "0.8.1"}, "pgvector 0.8.1; install 0.8.4 or newer"),
    ],
)
def test_what_a_server_lacks_is_said(other, said):
    [found] = faults_of_server("db-1:5432", True, json.dumps(SERVER | other))
    assert found.startswith("The server db-1:5432 has ")
    assert said in found


def test_a_server_that_does_not_answer_is_named():
    [found] = faults_of_server("db-1:5432", False, "connection refused")
    assert found.startswith("The server db-1:5432 of Citus does not answer (connection refused)")
