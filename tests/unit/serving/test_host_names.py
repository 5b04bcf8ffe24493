"""Which hosts pass, and where they are checked."""

import pytest

from serving.host_names import accepted_hosts, hosts_checked, is_loopback, read_hosts


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8080",
        "LocalHost:1",
        "localhost.",
        "localhost.:8080",
        "localhost:",
        "127.0.0.1",
        "127.0.0.1:8080",
        "192.168.1.5:8080",
        "[::1]",
        "[::1]:8080",
        "[FE80::1]:80",
        "[::ffff:127.0.0.1]:8080",
        "faces.example.org",
        "FACES.example.org.:443",
        "a.faces.example.net",
        "b.a.faces.example.net:8080",
    ],
)
def test_addresses_localhost_and_listed_names_are_accepted(host: str):
    assert accepted_hosts(read_hosts("faces.example.org, *.faces.example.net"))(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ":8080",
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "evil.localhost",
        "127.0.0.1.evil.example",
        "127.0.0.1.",
        "faces.example.org.evil.example",
        "evil-faces.example.org",
        "faces.example.org..",
        "faces.example.net",
        "evilfaces.example.net",
        "localhost:8080:8080",
        "localhost:port",
        "localhost:8080@evil.example",
        "user@localhost",
        "localhost/evil.example",
        "localhost#evil.example",
        "localhost,evil.example",
        "localhost evil.example",
        "local%68ost",
        "localhost\xa0",
        "2130706433",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "[::1",
        "::1",
        "[::1]evil.example",
        "[::1%25lo]",
        "[127.0.0.1]",
        "[v1.evil]",
        "a" * 300,
    ],
)
def test_others_are_not(host: str):
    assert not accepted_hosts(read_hosts("faces.example.org, *.faces.example.net"))(host)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1", "localhost", "::ffff:127.0.0.1"])
def test_loopback_is_protected_without_a_list(address: str):
    accepts = hosts_checked("", address)
    assert is_loopback(address)
    assert accepts
    assert not accepts("evil.example")


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "192.168.1.5", "faces"])
def test_elsewhere_only_a_list_protects(address: str):
    assert hosts_checked("", address) is None
    accepts = hosts_checked("faces.example.org", address, ["app.example.org"])
    assert accepts
    assert [accepts(host) for host in ("faces.example.org", "app.example.org", "evil.example")] == [True, True, False]


def test_a_star_accepts_all_hosts():
    assert hosts_checked("*", "127.0.0.1") is None


@pytest.mark.parametrize(
    "hosts", ["https://faces.example.org", "faces.example.org:8080", "a b", "*example.org", "[::1]"]
)
def test_what_is_no_name_cannot_be_listed(hosts: str):
    with pytest.raises(ValueError, match="without scheme and port"):
        read_hosts(hosts)
