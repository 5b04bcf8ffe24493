"""The host names under which a service may be called.

By DNS rebinding, a web page lets the name of its own server mean an address of its reader's machine or network, and
then reads the service there as if it came from it. The name in the Host header gives it away. Addresses need no check,
because no name server decides what they mean, and neither does `localhost`.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

LOCALHOST = "localhost"
ANY = "*"

_NAME = r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*"
_LISTED = re.compile(rf"\*|(?:\*\.)?{_NAME}\.?")
_HOST = re.compile(rf"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>{_NAME}\.?))(?::[0-9]{{0,5}})?")
_MAX_LENGTH = 255
_MAX_REMEMBERED = 1024

Accepts = Callable[[str], bool]


def read_hosts(hosts: str) -> frozenset[str]:
    """Parse a comma-separated list of host names, `*.name` or `*`. Raises ValueError with a readable message."""
    return frozenset(_listed(host.strip()) for host in hosts.split(",") if host.strip())


def accepted_hosts(listed: Iterable[str]) -> Accepts:
    """Return a function that tells whether a Host header names `localhost`, an IP address, or one of the names.

    listed: as `read_hosts` returns them. The function remembers its answers.
    """
    names = {LOCALHOST, *listed}
    suffixes = tuple(name[1:] for name in names if name.startswith("*."))

    @lru_cache(_MAX_REMEMBERED)
    def accepts(host: str) -> bool:
        parts = _HOST.fullmatch(host.lower()) if len(host) <= _MAX_LENGTH else None
        if parts is None:
            return False
        if parts["v6"]:
            return _is_address(IPv6Address, parts["v6"])
        name = parts["name"]
        if _is_address(IPv4Address, name):
            return True
        absolute = name.removesuffix(".")
        return absolute in names or absolute.endswith(suffixes)

    return accepts


def is_loopback(address: str) -> bool:
    """Tell whether only this machine reaches a service that listens on `address`."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address.lower() == LOCALHOST
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


def hosts_checked(hosts: str, address: str, others: Iterable[str] = ()) -> Accepts | None:
    """Return what tells which hosts a service that listens on `address` accepts; None: all.

    hosts: as in the setting. Without any, only loopback is protected: elsewhere, the names under which a service is
    called are unknown. others: names that are accepted as well.
    """
    names = read_hosts(hosts)
    if ANY in names or not (names or is_loopback(address)):
        return None
    return accepted_hosts(names.union(others))


def _listed(host: str) -> str:
    name = host.lower()
    if not _LISTED.fullmatch(name):
        raise ValueError(f"{host!r} must be a host name such as faces.example.org, without scheme and port")
    return name.removesuffix(".")


def _is_address(kind: type[IPv4Address | IPv6Address], text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True
