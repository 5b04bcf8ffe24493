"""What a socket to a vectorizer is told; that it works, tests/cluster shows."""

import socket
import sys

import pytest

from apiserver.vectorizers.connections import LOST_SECONDS, watch


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems have fewer options.")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_silent_host_is_lost_after_seconds(host):
    [(family, kind, *_)] = socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)
    with socket.socket(family, kind) as opened:
        watch(opened)
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 1000 * LOST_SECONDS
        first, each, number = (
            opened.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        )
    assert first + each * number == LOST_SECONDS
