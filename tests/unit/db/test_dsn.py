"""What is taken for the URL of a PostgreSQL database, and what dbmate is given."""

import pytest

from db.dsn import InvalidDsn, database_of, for_dbmate, require_dsn, server_of


@pytest.mark.parametrize(
    ("dsn", "database", "server", "dbmate"),
    [
        ("postgresql://ann:pw@h/db", "db", "h", "postgresql://ann:pw@h:5432/db?sslmode=prefer"),
        ("postgres://h:5433/db", "db", "h:5433", "postgresql://h:5433/db?sslmode=prefer"),
        ("postgresql://a@h/db?sslmode=require", "db", "h", "postgresql://a@h:5432/db?sslmode=require"),
        ("postgresql://[::1]:5433/a%20b", "a b", "[::1]:5433", "postgresql://[::1]:5433/a%20b?sslmode=prefer"),
        ("postgresql://a%40b:p%2Fw@h/db", "db", "h", "postgresql://a%40b:p%2Fw@h:5432/db?sslmode=prefer"),
        (
            "postgresql://a@/db?host=/run/pg&port=5433",
            *("db", "/run/pg", "postgresql://a@/db?host=%2Frun%2Fpg&port=5433&sslmode=prefer"),
        ),
        (
            "postgresql://a@%2Frun%2Fpg/db",
            *("db", "/run/pg", "postgresql://a@/db?host=%2Frun%2Fpg&port=5432&sslmode=prefer"),
        ),
        (
            "postgresql:///?host=h&user=a&password=p%2Fw&dbname=db",
            *("db", "h", "postgresql://a:p%2Fw@h:5432/db?sslmode=prefer"),
        ),
        (
            "postgresql://h/db?user=a&password=50%2525",
            *("db", "h", "postgresql://a:50%2525@h:5432/db?sslmode=prefer"),
        ),
        ("postgresql://a:p@h/db?user=b&password=q", "db", "h", "postgresql://a:p@h:5432/db?sslmode=prefer"),
    ],
)
def test_forms_that_asyncpg_reads(dsn: str, database: str, server: str, dbmate: str):
    require_dsn(dsn)
    assert (database_of(dsn), server_of(dsn), for_dbmate(dsn)) == (database, server, dbmate)


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("secret", "is not a URL of PostgreSQL"),
        ("./secret.db", "is not a URL of PostgreSQL"),
        ("/var/lib/secret", "is not a URL of PostgreSQL"),
        ("host=localhost password=secret dbname=db", "is not a URL of PostgreSQL"),
        ("mysql://ann:secret@h/db", "begins with mysql://"),
        ("sqlite:///secret.db", "begins with sqlite://"),
        ("postgresql+asyncpg://ann:secret@h/db", "begins with postgresql+asyncpg://"),
        ("https://ann:secret@h/db", "begins with https://"),
        ("postgresql://ann:secret@h", "names no database"),
        ("postgresql://ann:secret@h/?sslmode=disable", "names no database"),
        ("postgresql://ann:secret@h:port/db", "one host and a port"),
        ("postgresql://ann:secret@h:99999/db", "one host and a port"),
        ("postgresql://ann:secret@[::1/db", "one host and a port"),
        ("postgresql://ann:secret@h1,h2/db", "one host and a port"),
        ("postgresql://ann:sec/ret@h/db", "%2F for /"),
        ("postgresql://ann:sec@ret@h/db", "%40 for @"),
    ],
)
def test_what_is_not_one_says_how_it_is_written(dsn: str, said: str):
    with pytest.raises(InvalidDsn) as raised:
        require_dsn(dsn)
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "sec/ret" not in str(raised.value)
