"""Where the vectorizers are, out of the setting."""

import pytest
from pydantic import ValidationError

from apiserver.settings.endpoints import Endpoint, read_endpoints
from apiserver.settings.settings import Settings


@pytest.mark.parametrize(
    ("urls", "endpoints"),
    [
        ("http://127.0.0.1:8081", [("127.0.0.1", 8081)]),
        ("http://vectorizer:8081/", [("vectorizer", 8081)]),
        ("http://vectorizer.faces.svc.cluster.local", [("vectorizer.faces.svc.cluster.local", 80)]),
        ("http://10.0.0.1:1, http://10.0.0.2:2", [("10.0.0.1", 1), ("10.0.0.2", 2)]),
        ("http://[::1]:8081", [("::1", 8081)]),
    ],
)
def test_lists_of_urls(urls: str, endpoints: list[tuple[str, int]]):
    assert [endpoint[:2] for endpoint in read_endpoints(urls)] == endpoints


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8081", "http://vectorizer:80", "http://[fd00::1]:8081", "https://vectorizer:8443"]
)
def test_an_endpoint_writes_itself_as_it_was_read(url: str):
    assert [endpoint.url for endpoint in read_endpoints(url)] == [url]


def test_an_address_of_version_6_is_bracketed():
    assert Endpoint("::1", 8081).url == "http://[::1]:8081"


@pytest.mark.parametrize(
    "urls", ["", ",", "127.0.0.1:8081", "ftp://a:1", "http://a:1/path", "http://a b", "http://a:1,", "http://a:b"]
)
def test_what_is_no_list_of_urls_stops_the_start(urls: str):
    with pytest.raises(ValidationError, match="must have the form"):
        Settings(database_url="postgresql:///none", image_store_url="memory:///", vectorizer_urls=urls)
