"""Ports, and the address at which a server is reached."""

import random
import socket
from contextlib import suppress

from faceserver.problems import StartError
from serving.host_names import is_loopback

ANY_INTERFACE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - replaced here, never bound

_NOT_OUTGOING = range(20_000, 32_000)
"""Ports that systems give to no connection by themselves."""


def require_free(host: str, port: int) -> None:
    """Raise `StartError` unless a server could listen on `host`:`port` now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the gateway does: old connections may linger
        try:
            server.bind((host, port))
            server.listen()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise StartError(f"Cannot listen on {host}:{port} ({reason}); choose another port with --port.") from error


def free_loopback_port() -> int:
    """Return a port that is free on 127.0.0.1 at this moment, and that no outgoing connection will take."""
    for port in (*random.sample(_NOT_OUTGOING, 100), 0):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)) as server:
            found: int = server.getsockname()[1]
            return found
    raise StartError("There is no free port on 127.0.0.1.")


def exposure(host: str, *, is_open: bool) -> str:
    """Return what it means to listen on `host`, "" if only this machine can reach it, or keys are required."""
    if is_loopback(host) or not is_open:
        return ""
    return (
        f"Everybody who reaches this machine can read, change and delete everything: {host} is not loopback, and calls "
        "require no key. Set APISERVER_HOSTS to the names under which clients call the service, so that web pages "
        "cannot reach it under their own names."
    )


def base_url(host: str, port: int, scheme: str = "http") -> str:
    """Return the URL at which this machine reaches a server that listens on `host`:`port`."""
    reachable = ANY_INTERFACE.get(host, host)
    return f"{scheme}://[{reachable}]:{port}" if ":" in reachable else f"{scheme}://{reachable}:{port}"
