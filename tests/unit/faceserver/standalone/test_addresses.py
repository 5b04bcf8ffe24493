import socket

import pytest

from faceserver.problems import StartError
from faceserver.standalone.addresses import base_url, exposure, free_loopback_port, require_free


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:8080"),
        ("fe80::1", "http://[fe80::1]:8080"),
        ("faces.example", "http://faces.example:8080"),
    ],
)
def test_the_printed_address_can_be_reached(host: str, url: str):
    assert base_url(host, 8080) == url


@pytest.mark.parametrize(
    ("host", "is_exposed"), [("127.0.0.1", False), ("localhost", False), ("::1", False), ("0.0.0.0", True), ("", True)]
)
def test_who_can_reach_it_is_said(host: str, is_exposed: bool):
    assert ("APISERVER_HOSTS" in exposure(host, is_open=True)) == is_exposed


@pytest.mark.parametrize("listening_on", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_is_refused(listening_on: str):
    with socket.create_server((listening_on, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(StartError, match=f"^Cannot listen on 127.0.0.1:{port} .address already in use.; choose"):
            require_free("127.0.0.1", port)

    require_free("127.0.0.1", port)


def test_a_host_that_does_not_exist_is_explained():
    with pytest.raises(StartError, match=r"^Cannot listen on no\.such\.host\.invalid:8080 "):
        require_free("no.such.host.invalid", 8080)


def test_a_free_port_is_accepted():
    require_free("127.0.0.1", free_loopback_port())
