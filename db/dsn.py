"""Checks, splits and converts URLs of PostgreSQL databases."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

EXAMPLE = "postgresql://user:password@host:5432/faceserver"

_SCHEMES = ("postgresql", "postgres")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_PORT = 5432
_SOCKET_FOLDERS = ("/run/postgresql", "/var/run/postgresql", "/var/pgsql_socket", "/private/tmp", "/tmp")  # noqa: S108
"""Where asyncpg looks for a server if the URL names no host."""


class InvalidDsn(ValueError):
    """The text is a sentence that says how a DSN is written. It does not repeat the DSN, which may have a password."""


def require_dsn(dsn: str) -> None:
    """Raise InvalidDsn unless `dsn` names one database on one server."""
    scheme = _SCHEME.match(dsn)
    if not dsn.strip():
        raise InvalidDsn(f"The database URL is empty; leave it out, or give one such as {EXAMPLE}.")
    if scheme is None:
        raise InvalidDsn(f"The database URL is not a URL of PostgreSQL, such as {EXAMPLE}.")
    if scheme[1] not in _SCHEMES:
        raise InvalidDsn(f"The database URL begins with {scheme[0]}, not with postgresql://, as in {EXAMPLE}.")
    try:
        parts = urlsplit(dsn)
        credentials, _, server = parts.netloc.rpartition("@")
        is_one_server = not ("," in server or "@" in credentials) and parts.port != 0
    except ValueError:
        is_one_server = False
    if not is_one_server:
        raise InvalidDsn(
            "The database URL must name one host and a port from 1 to 65535; special characters in a password are "
            "written as %2F for /, %40 for @ and %23 for #."
        )
    if not database_of(dsn):
        raise InvalidDsn(f"The database URL names no database; an example is {EXAMPLE}.")


def database_of(dsn: str) -> str:
    """Return the name of the database, "" if there is none."""
    options = _options(dsn)
    path = unquote(urlsplit(dsn).path.removeprefix("/"))
    return path or options.get("dbname") or options.get("database") or ""


def server_of(dsn: str) -> str:
    """Return the server without credentials: host and port, or the folder of a socket."""
    host = unquote(urlsplit(dsn).netloc.rpartition("@")[2]) or _options(dsn).get("host", "")
    return host or "this machine"


def for_dbmate(dsn: str) -> str:
    """Return the DSN in the form of dbmate, whose driver knows fewer forms than asyncpg.

    libpq's default for TLS is made explicit, because dbmate's driver requires TLS by default and asyncpg prefers it.
    """
    parts, options = urlsplit(dsn), {"sslmode": "prefer", **_options(dsn)}
    name = database_of(dsn)
    # As asyncpg reads them; the options are decoded already.
    user = unquote(parts.username or "") or options.get("user")
    password = unquote(parts.password or "") or options.get("password")
    port = int(options.pop("port", parts.port or _PORT))
    host = unquote(parts.hostname or "") or options.pop("host", "") or _socket_folder(port) or "localhost"
    for alias in ("user", "password", "dbname", "database", "host"):
        options.pop(alias, None)
    login = ":".join(quote(part, safe="") for part in (user, password) if part)
    if host.startswith("/"):
        server, options = "", {"host": host, "port": str(port), **options}
    else:
        server = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"postgresql://{login}{'@' if login else ''}{server}/{quote(name, safe='')}?{urlencode(options)}"


def _socket_folder(port: int) -> str | None:
    return next((folder for folder in _SOCKET_FOLDERS if Path(folder, f".s.PGSQL.{port}").exists()), None)


def _options(dsn: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(dsn).query))
