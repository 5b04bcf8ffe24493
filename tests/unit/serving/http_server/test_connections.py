"""How connections are counted."""

import pytest

from serving.http_server.connections import Connections, network_of


class Held:
    """A connection that is in use, or slow since a moment."""

    def __init__(self, since: float | None = None) -> None:
        self.since = since
        self.closed = False

    def slow_since(self) -> float | None:
        return self.since

    def close(self) -> None:
        self.closed = True


def test_an_address_at_its_limit_leaves_the_others_alone():
    connections = Connections(100, 2)
    assert [connections.admit(Held(), "192.0.2.1") for _ in range(3)] == [True, True, False]
    assert connections.admit(Held(), "192.0.2.2")
    assert connections.count == 3


def test_what_was_closed_is_not_counted():
    connections, first = Connections(1), Held()
    assert connections.admit(first, "192.0.2.1")
    connections.remove(first)
    connections.remove(first)
    assert connections.count == 0
    assert connections.admit(Held(), "192.0.2.1")


def test_the_slowest_connection_of_the_address_makes_room():
    connections = Connections(100, 3)
    used, slow, slower, foreign = Held(), Held(-50.0), Held(-100.0), Held(-1000.0)
    assert connections.admit(foreign, "192.0.2.2")
    for each in (used, slow, slower):
        assert connections.admit(each, "192.0.2.1")
    assert connections.admit(Held(), "192.0.2.1")
    assert [each.closed for each in (used, slow, slower, foreign)] == [False, False, True, False]
    assert (connections.count, connections.closed["connections"]) == (4, 1)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
    ],
)
def test_all_addresses_of_a_host_are_one(address: str, network: str):
    assert network_of(address) == network
