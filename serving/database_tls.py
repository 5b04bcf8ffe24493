"""Whether a connection to PostgreSQL is encrypted, as its URL says."""

import logging
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

from serving.host_names import is_loopback

_ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})

_logger = logging.getLogger(__name__)


def warn_of_unverified(url: SecretStr) -> None:
    """Log a warning if photographs' embeddings and the password may cross a network in the clear."""
    if hosts := unencrypted_hosts(url.get_secret_value()):
        _logger.warning(
            "The connection to the database at %s need not be encrypted: add sslmode=verify-full and sslrootcert to "
            "its URL.",
            ", ".join(hosts),
        )


def unencrypted_hosts(url: str) -> list[str]:
    """Return the hosts of other machines to which the URL does not require TLS; the modes below `require` do not."""
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    if options.get("sslmode", [""])[-1] in _ENCRYPTED:
        return []
    named = parts.netloc.rpartition("@")[2] or ",".join(options.get("host", []))
    hosts = [_host(each) for each in unquote(named).split(",")]
    return [host for host in hosts if host and not host.startswith("/") and not is_loopback(host)]


def _host(server: str) -> str:
    """Return the host of `host:port`; IPv6 addresses have brackets."""
    return server[1:].partition("]")[0] if server.startswith("[") else server.partition(":")[0]
