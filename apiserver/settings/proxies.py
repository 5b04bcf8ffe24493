"""The path below which clients reach the service, and the proxies that may announce it."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

# Neither `//host` nor a backslash, which browsers take for another host, nor dots that lead out of the path.
_SEGMENT = r"/(?!\.{1,2}(?:/|$))(?:[A-Za-z0-9._~@:+=,!-]|%(?![01]|2[Ff]|5[Cc]|7[Ff])[0-9A-Fa-f]{2})+"
_BASE_PATH = re.compile(rf"(?:{_SEGMENT})*")
_MAX_LENGTH = 255
_MAX_REMEMBERED = 4096

Network = IPv4Network | IPv6Network


def read_base_path(path: str) -> str:
    """Return a path without a slash at its end, "" for none. Raises ValueError with a readable message."""
    base = path.removesuffix("/")
    if len(base) > _MAX_LENGTH or not _BASE_PATH.fullmatch(base):
        raise ValueError("must be a path such as /faces")
    return base


def read_networks(networks: str) -> list[Network]:
    """Parse a comma-separated list of addresses and networks. Raises ValueError with a readable message."""
    return [_network(network.strip()) for network in networks.split(",") if network.strip()]


def membership(networks: Iterable[Network]) -> Callable[[str], bool]:
    """Return a function that tells whether an address belongs to one of the networks; it remembers its answers."""
    known = tuple(networks)

    @lru_cache(_MAX_REMEMBERED)
    def contains(address: str) -> bool:
        try:
            ip = ip_address(address)
        except ValueError:  # the name of a Unix socket
            return False
        ip = getattr(ip, "ipv4_mapped", None) or ip  # a socket for both versions sees IPv4 as ::ffff:192.0.2.1
        return any(ip in network for network in known)

    return contains


def _network(network: str) -> Network:
    try:
        return ip_network(network)
    except ValueError as error:
        raise ValueError(f"{network!r} must be an address such as 192.0.2.1 or a network such as 10.0.0.0/8") from error
