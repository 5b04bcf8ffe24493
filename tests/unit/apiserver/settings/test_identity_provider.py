import pytest

from apiserver.access.scopes import Scope
from apiserver.settings.identity_provider import is_safe_url, read_mapping
from apiserver.settings.settings import Settings


def settings(**chosen: str) -> Settings:
    return Settings.model_validate({"database_url": "postgresql:///none", "image_store_url": "memory:///"} | chosen)


def test_by_default_values_name_scopes():
    mapping = read_mapping("")
    assert mapping["faceserver:recognize"] == {Scope.RECOGNIZE}
    assert mapping["faceserver:import:trusted"] == {Scope.IMPORT_TRUSTED}
    assert mapping["faceserver:admin"] == frozenset(Scope)
    assert all(value.startswith("faceserver:") for value in mapping)


def test_values_may_contain_equals_signs():
    mapping = read_mapping(" cn=guards,dc=acme = recognize  read ;owners=admin; ")
    assert mapping == {"cn=guards,dc=acme": {Scope.RECOGNIZE, Scope.READ}, "owners": frozenset(Scope)}


@pytest.mark.parametrize("text", ["guards", "=read", "guards=", "guards=reed", "a=read;b"])
def test_a_wrong_mapping_is_named(text):
    with pytest.raises(ValueError, match=r"must be a value and scopes|is not a valid Scope"):
        read_mapping(text)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://login.example.org/realms/acme", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080/x", True),
        ("http://login.example.org", False),
        ("http://localhost.example.org", False),
        ("https://user:secret@login.example.org", False),
        ("https://login.example.org/?x=1", False),
        ("https://login.example.org:port", False),
        ("ftp://login.example.org", False),
        ("file:///etc/passwd", False),
        ("login.example.org", False),
    ],
)
def test_keys_come_by_https_or_from_this_machine(url, safe):
    assert is_safe_url(url) == safe


def test_an_issuer_needs_an_audience():
    with pytest.raises(ValueError, match="APISERVER_OIDC_AUDIENCE"):
        settings(oidc_issuer="https://login.example.org")
    assert settings(oidc_issuer="https://login.example.org", oidc_audience="a, b").audiences == {"a", "b"}
