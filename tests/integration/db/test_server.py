"""Databases that cannot be used are refused in one sentence, and nothing is made, on a real PostgreSQL."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import asyncpg
import pytest

from db.migrate import migrate
from db.server import UnusableDatabase, require_usable
from tests.conftest import Execute
from tests.database import PostgresServer
from tests.ports import free_port


def refusal(url: str) -> str:
    """Return why a database is refused."""
    with pytest.raises(UnusableDatabase) as raised:
        asyncio.run(require_usable(url))
    assert "\n" not in str(raised.value)
    return str(raised.value)


async def objects(url: str) -> list[str]:
    """Return the databases of the server, and what was made in one of them."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT datname::text AS name FROM pg_database UNION ALL SELECT extname::text FROM pg_extension "
            "UNION ALL SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY name"
        )
        return [row["name"] for row in rows]
    finally:
        await connection.close()


@pytest.fixture
def set_for(empty_database_url: str, execute: Execute) -> Callable[[str], str]:
    """Sets a parameter of an empty database and returns its URL."""
    name = urlsplit(empty_database_url).path[1:]

    def set_parameter(setting: str) -> str:
        execute(f"ALTER DATABASE {name} SET {setting}")
        return empty_database_url

    return set_parameter


@pytest.fixture
def role(execute: Execute) -> Iterator[str]:
    """A role with no rights."""
    execute("CREATE ROLE poor LOGIN")
    yield "poor"
    execute("DROP ROLE poor")


def socket_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["host"][0]


def of_role(url: str, role: str) -> str:
    return f"postgresql://{role}@{urlsplit(url).path}?host={quote(socket_of(url))}"


def test_a_database_that_can_be_migrated_is_left_as_it_is(empty_database_url: str):
    before = asyncio.run(objects(empty_database_url))
    asyncio.run(require_usable(empty_database_url))
    assert asyncio.run(objects(empty_database_url)) == before


def test_a_migrated_database_is_usable(database_url: str):
    asyncio.run(require_usable(database_url))


@pytest.mark.parametrize(
    "form",
    [
        "postgres://postgres@/{name}?host={socket}",
        "postgresql://postgres@{quoted}/{name}",
        "postgresql:///{name}?host={socket}&user=postgres",
        "postgresql:///?host={socket}&user=postgres&dbname={name}",
        "postgresql://postgres@/{name}?host={socket}&port=5432&sslmode=disable",
    ],
)
def test_forms_of_the_url_are_migrated(empty_database_url: str, form: str):
    name, socket = urlsplit(empty_database_url).path[1:], socket_of(empty_database_url)
    url = form.format(name=name, socket=socket, quoted=quote(socket, safe=""))

    asyncio.run(require_usable(url))

    assert "Applied:" in asyncio.run(migrate(url, create=False))


def test_a_missing_database_is_not_made(postgres: PostgresServer, empty_database_url: str):
    before = asyncio.run(objects(empty_database_url))

    said = refusal(postgres.get_uri(database="Mistyped"))

    assert said.startswith("The database Mistyped does not exist at ")
    assert said.endswith('or create it with CREATE DATABASE "Mistyped".')
    assert asyncio.run(objects(empty_database_url)) == before


def test_a_server_without_pgvector(set_for: Callable[[str], str]):
    assert "has no pgvector; install version 0.8.4 or newer there" in refusal(
        set_for("extension_control_path = '/nonexistent'")
    )


@pytest.mark.parametrize(
    ("control", "said"),
    [("0.7.4", "has pgvector 0.7.4; install version 0.8.4 or newer there"), ("0.8.3", "has pgvector 0.8.3;")],
)
def test_a_server_with_an_older_pgvector(set_for: Callable[[str], str], control: str, said: str):
    with tempfile.TemporaryDirectory(prefix="extensions-") as folder:  # pytest's is closed to the server's account
        Path(folder).chmod(0o755)
        extension = Path(folder, "extension")
        extension.mkdir()
        (extension / "vector.control").write_text(f"default_version = '{control}'\n")
        (extension / f"vector--{control}.sql").touch()
        assert said in refusal(set_for(f"extension_control_path = '{folder}'"))


def test_a_read_only_database(set_for: Callable[[str], str]):
    assert "is read-only, as a standby is;" in refusal(set_for("default_transaction_read_only = on"))


def test_a_role_without_rights(empty_database_url: str, database_url: str, role: str):
    assert "The role poor may not create what" in refusal(of_role(empty_database_url, role))
    assert "belong to another role than poor" in refusal(of_role(database_url, role))


def test_an_owner_who_may_not_install_pgvector(empty_database_url: str, execute: Execute, role: str):
    execute(f"ALTER DATABASE {urlsplit(empty_database_url).path[1:]} OWNER TO {role}")
    said = refusal(of_role(empty_database_url, role))
    execute(f"ALTER DATABASE {urlsplit(empty_database_url).path[1:]} OWNER TO postgres")
    assert "have a superuser run CREATE EXTENSION vector in it" in said


def test_logins_that_are_refused(empty_database_url: str, execute: Execute, role: str):
    assert 'refuses the login (role "nobody" does not exist); correct the user or the password' in refusal(
        of_role(empty_database_url, "nobody")
    )
    name = urlsplit(empty_database_url).path[1:]
    execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
    assert "grant the role access" in refusal(of_role(empty_database_url, role))


def test_a_wrong_password(own_postgres: PostgresServer):
    own_postgres.psql("CREATE ROLE ann LOGIN PASSWORD 'open-sesame'")
    rules = own_postgres.pgdata / "pg_hba.conf"
    rules.write_text("local all ann scram-sha-256\n" + rules.read_text())
    own_postgres.psql("SELECT pg_reload_conf()")

    said = refusal(of_role(own_postgres.get_uri(database="faceserver"), "ann:wrong-word"))

    assert 'refuses the login (password authentication failed for user "ann")' in said
    assert "wrong-word" not in said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://ann:secret@127.0.0.1:{port}/db", "does not answer at 127.0.0.1:{port} (connection refused)"),
        ("postgresql://ann:secret@/db?host=/nonexistent", "does not answer at /nonexistent (no such file"),
        ("postgresql://ann:secret@127.0.0.1:{port}/db?sslmode=sometimes", "The database URL is not valid: `sslmode`"),
        ("mysql://ann:secret@127.0.0.1/db", "begins with mysql://"),
    ],
)
def test_nobody_there_and_urls_that_are_wrong(url: str, said: str):
    port = free_port()
    sentence = refusal(url.format(port=port))
    assert said.format(port=port) in sentence
    assert "secret" not in sentence


def test_a_parameter_that_the_server_does_not_know(empty_database_url: str):
    assert 'unrecognized configuration parameter "pool_size"' in refusal(f"{empty_database_url}&pool_size=5")
