"""Which URLs of databases do not require TLS to another machine."""

import logging

import pytest
from pydantic import SecretStr

from serving.database_tls import unencrypted_hosts, warn_of_unverified


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://ann:secret@db.example.org:5432/faces", ["db.example.org"]),
        ("postgresql://ann:secret@db.example.org/faces?sslmode=prefer", ["db.example.org"]),
        ("postgresql://10.0.0.1,10.0.0.2:5433/faces", ["10.0.0.1", "10.0.0.2"]),
        ("postgresql://[2001:db8::1]:5432/faces", ["2001:db8::1"]),
        ("postgresql:///faces?host=db.example.org", ["db.example.org"]),
        ("postgresql://db.example.org/faces?sslmode=require", []),
        ("postgresql://db.example.org/faces?sslmode=verify-full&sslrootcert=/ca.pem", []),
        ("postgresql://localhost/faces", []),
        ("postgresql://127.0.0.1:5432/faces", []),
        ("postgresql://[::1]/faces", []),
        ("postgresql://ann@/faces?host=/run/postgresql", []),
        ("postgresql://%2Frun%2Fpostgresql/faces", []),
        ("postgresql:///faces", []),
    ],
)
def test_hosts_without_tls(url: str, hosts: list[str]):
    assert unencrypted_hosts(url) == hosts


def test_the_warning_says_what_to_add_and_not_the_password(caplog):
    with caplog.at_level(logging.WARNING):
        warn_of_unverified(SecretStr("postgresql://ann:secret@db.example.org/faces?sslmode=verify-full"))
        assert caplog.text == ""
        warn_of_unverified(SecretStr("postgresql://ann:secret@db.example.org/faces"))
    assert "db.example.org need not be encrypted: add sslmode=verify-full and sslrootcert" in caplog.text
    assert "secret" not in caplog.text
