"""Scheme and host of the address that clients use, also behind a proxy."""

from collections.abc import Callable

from starlette.types import Scope

from apiserver.proxies import membership, read_networks
from serving.web_pages import Target, header_values, target_of


def public_target(trusted_proxies: str) -> Callable[[Scope], Target]:
    """Return a function that tells how the client of a request addresses the service.

    X-Forwarded-Host and X-Forwarded-Proto of proxies at the addresses `trusted_proxies` are believed. Of several
    proxies in a row, the outermost comes first. All hosts are returned, because a client may have sent the first one.
    """
    networks = read_networks(trusted_proxies)
    if not networks:
        return target_of
    is_trusted = membership(networks)

    def believed_target(scope: Scope) -> Target:
        direct, client = target_of(scope), scope.get("client")
        if not client or not is_trusted(client[0]):
            return direct
        schemes, hosts = _forwarded(scope, b"x-forwarded-proto"), _forwarded(scope, b"x-forwarded-host")
        return Target(schemes[0].lower() if schemes else direct.scheme, hosts or direct.hosts)

    return believed_target


def _forwarded(scope: Scope, name: bytes) -> list[str]:
    """Return the values that proxies joined with commas."""
    values = ",".join(value.decode("latin-1") for value in header_values(scope, name))
    return [part.strip() for part in values.split(",") if part.strip()]
