"""Which paths a service may be published at, and which addresses belong to a network."""

import pytest

from apiserver.settings.proxies import membership, read_base_path, read_networks


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("", ""),
        ("/", ""),
        ("/faces", "/faces"),
        ("/faces/", "/faces"),
        ("/a/b-c_d.e~f", "/a/b-c_d.e~f"),
        ("/user/ann@example.org/proxy/8080", "/user/ann@example.org/proxy/8080"),
        ("/caf%C3%A9", "/caf%C3%A9"),
    ],
)
def test_base_paths(path, base):
    assert read_base_path(path) == base


@pytest.mark.parametrize(
    "path",
    [
        *("faces", "//evil.example", "/a//b", "/a//", "/\\evil.example", "/%5Cevil", "/%2Fevil", "/%2e%2"),
        *(
            "javascript:alert(1)",
            "https://evil.example",
            "/a\r\nSet-Cookie: a=b",
            "/a%0d%0ab",
            "/..",
            "/../a",
            "/a/./b",
        ),
        *("/a?b", "/a#b", '/a"b', "/<b>", "/a b", "/a;b", "/é", "/" + 255 * "a"),
    ],
)
def test_what_is_no_base_path(path):
    with pytest.raises(ValueError, match="must be a path such as /faces"):
        read_base_path(path)


@pytest.mark.parametrize(
    ("networks", "address", "belongs"),
    [
        ("10.0.0.0/8, 192.0.2.1", "10.1.2.3", True),
        ("10.0.0.0/8, 192.0.2.1", "192.0.2.1", True),
        ("10.0.0.0/8, 192.0.2.1", "192.0.2.2", False),
        ("10.0.0.0/8", "::ffff:10.1.2.3", True),
        ("2001:db8::/32", "2001:db8::1", True),
        ("2001:db8::/32", "10.1.2.3", False),
        ("0.0.0.0/0", "", False),
        ("0.0.0.0/0", "/run/proxy.sock", False),
        ("", "10.1.2.3", False),
    ],
)
def test_membership(networks, address, belongs):
    contains = membership(read_networks(networks))
    assert contains(address) == contains(address) == belongs


@pytest.mark.parametrize("networks", ["proxy", "10.0.0.1/8", "*", "10.0.0.0/8;10.1.0.0/16"])
def test_what_is_no_network(networks):
    with pytest.raises(ValueError, match="must be an address such as"):
        read_networks(networks)
