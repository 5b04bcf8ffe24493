"""Origins as operators list them and as browsers send them."""

import pytest

from serving.origins import authority, host_of, read_origins


@pytest.mark.parametrize(
    ("listed", "origin", "host"),
    [
        ("https://app.example.org", "https://app.example.org", "app.example.org"),
        ("HTTPS://App.example.org:443/", "https://app.example.org", "app.example.org"),
        ("http://localhost:3000", "http://localhost:3000", "localhost"),
        ("http://app.example.org:443", "http://app.example.org:443", "app.example.org"),
        ("http://[::1]:80", "http://[::1]", "[::1]"),
        ("capacitor://localhost", "capacitor://localhost", "localhost"),
    ],
)
def test_a_listed_origin_is_written_as_browsers_do(listed: str, origin: str, host: str):
    assert read_origins(f" {listed},") == {origin}
    assert host_of(origin) == host


@pytest.mark.parametrize(
    "origin", ["*", "null", "app.example.org", "https://*.example.org", "https://app.example.org/app", "https://a@b"]
)
def test_what_is_no_origin_cannot_be_listed(origin: str):
    with pytest.raises(ValueError, match="must be an origin"):
        read_origins(origin)


def test_the_port_of_a_scheme_is_left_out():
    assert authority("http", "Localhost:80") == authority("http", "localhost") == "localhost"
    assert authority("https", "localhost:80") == "localhost:80"
    assert authority("http", "[::80]") == "[::80]"
