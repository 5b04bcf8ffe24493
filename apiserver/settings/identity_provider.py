"""Settings of an identity provider whose tokens are accepted (OpenID Connect)."""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, PositiveFloat, field_validator, model_validator

from apiserver.access.scopes import Scope, expanded
from serving.host_names import is_loopback
from serving.settings import ServiceSettings

Mapping = dict[str, frozenset[Scope]]

_MAX_URL = 2048


class OidcSettings(ServiceSettings):
    """How tokens of an identity provider are checked, and what they give."""

    oidc_issuer: str = Field(
        "",
        description="Issuer of the tokens that are accepted as keys, such as `https://login.example.org/realms/acme`. "
        "Its discovery document names its keys. Unset: no tokens are accepted.",
    )
    oidc_audience: str = Field(
        "",
        description="Accepted audiences, separated by commas: the issuer's names for this service. A token must name "
        "one of them.",
    )
    oidc_scopes_claim: str = Field(
        "roles",
        description="Claim with the values that give scopes, as a list or a text; dots separate the names of nested "
        "claims, as in `realm_access.roles`.",
    )
    oidc_scopes: str = Field(
        "",
        description="Scopes of the values of that claim, separated by semicolons, such as `guards=recognize read; "
        "owners=admin`. Unset: a value of `faceserver:` and the name of a scope or shorthand gives that scope, such "
        "as `faceserver:recognize`.",
    )
    oidc_directories_claim: str = Field(
        "faceserver_directories",
        description="Claim with the directories, as a list or a text, written like those of keys: names, prefixes "
        "such as `acme/*`, or `*`.",
    )
    oidc_directories: str = Field(
        "", description="Directories of tokens without that claim, separated by commas. Unset: none."
    )
    oidc_ca_file: Path | None = Field(
        None,
        description="File of the authority (PEM) that signs the issuer's certificate. Unset: the authorities of the "
        "system.",
    )
    oidc_refetch_seconds: PositiveFloat = Field(
        30, description="Minimum time between two requests for the issuer's keys because of tokens with an unknown key."
    )
    oidc_stale_seconds: PositiveFloat = Field(
        86_400, description="How long keys of the issuer are used while it cannot be reached."
    )

    @property
    def audiences(self) -> frozenset[str]:
        """The audiences of which a token must name one."""
        return frozenset(each.strip() for each in self.oidc_audience.split(",") if each.strip())

    @field_validator("oidc_ca_file", mode="before")
    @classmethod
    def _unset_if_blank(cls, value: object) -> object:
        return value or None

    @field_validator("oidc_issuer")
    @classmethod
    def _is_an_issuer(cls, issuer: str) -> str:
        if issuer and not is_safe_url(issuer):
            raise ValueError("must be an https:// URL without a query; http:// is accepted for loopback only")
        return issuer

    @field_validator("oidc_scopes")
    @classmethod
    def _maps_scopes(cls, mapping: str) -> str:
        read_mapping(mapping)
        return mapping

    @model_validator(mode="after")
    def _has_an_audience(self) -> Self:
        if self.oidc_issuer and not self.audiences:
            raise ValueError("APISERVER_OIDC_ISSUER needs APISERVER_OIDC_AUDIENCE as well")
        return self


def is_safe_url(url: str) -> bool:
    """Tell whether what a URL names arrives unchanged: by HTTPS, or from this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.query or parts.fragment or len(url) > _MAX_URL:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def read_mapping(text: str) -> Mapping:
    """Parse what values of a claim give; a value may contain `=`. Raises ValueError with a readable message."""
    if not text.strip():
        names = (*Scope, "learn", "manage", "admin")
        return {f"faceserver:{name}": expanded([name]) for name in names}
    return dict(_entry(each) for each in text.split(";") if each.strip())


def _entry(text: str) -> tuple[str, frozenset[Scope]]:
    value, _, names = text.rpartition("=")
    try:
        scopes = expanded(names.split())
    except ValueError as error:
        raise ValueError(f"{text.strip()!r}: {error}") from error
    if not value.strip() or not scopes:
        raise ValueError(f"{text.strip()!r} must be a value and scopes, such as guards=recognize read")
    return value.strip(), scopes
