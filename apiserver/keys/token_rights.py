"""What the claims of a token give: scopes by its roles, and directories."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apiserver.access.grants import Grant, Reach
from apiserver.access.scopes import Scope
from apiserver.keys.wishes import read_reach
from apiserver.problems import InvalidField, InvalidName, TokenInvalid, TokenWithoutRights
from apiserver.settings.identity_provider import Mapping as ScopesOfValues
from apiserver.settings.identity_provider import OidcSettings, read_mapping

SUBJECT = "oidc:"
"""What the subjects of tokens begin with; no id of a key contains a colon."""

_SUBJECT = re.compile(r"[!-~]{1,255}")
_NAMES = ("name", "preferred_username", "email")
_MAX_NAME = 255
_MAX_VALUES = 1_000
_SEPARATORS = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class TokenRights:
    """How claims become a grant. directories: of tokens without the claim."""

    scopes_claim: str
    scopes: ScopesOfValues
    directories_claim: str
    directories: tuple[str, ...]

    @classmethod
    def of(cls, settings: OidcSettings) -> "TokenRights":
        """Return the rights that the settings describe."""
        directories = tuple(each.strip() for each in settings.oidc_directories.split(",") if each.strip())
        scopes = read_mapping(settings.oidc_scopes)
        return cls(settings.oidc_scopes_claim, scopes, settings.oidc_directories_claim, directories)

    def grant(self, claims: Mapping[str, Any]) -> Grant:
        """Return what a verified token gives. Raises TokenInvalid or TokenWithoutRights."""
        subject = claims.get("sub")
        if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
            raise TokenInvalid("The token has no valid subject (`sub`).")
        reach = self._reach(claims)
        scopes = self._scopes(claims)
        if not reach.everywhere:  # `operate` concerns the whole service
            scopes -= {Scope.OPERATE}
        if not scopes:
            raise TokenWithoutRights(
                f"The token is valid, but gives no scopes: no value of its claim {self.scopes_claim} is one that "
                "APISERVER_OIDC_SCOPES maps."
            )
        name = f"{SUBJECT}{subject}"
        expires_at = datetime.fromtimestamp(float(claims["exp"]), UTC)
        return Grant(name, scopes, reach, name, name=_name(claims), expires_at=expires_at)

    def _scopes(self, claims: Mapping[str, Any]) -> frozenset[Scope]:
        return frozenset().union(*(self.scopes.get(each, ()) for each in _values(claims, self.scopes_claim)))

    def _reach(self, claims: Mapping[str, Any]) -> Reach:
        has_claim = _claim(claims, self.directories_claim) is not None
        named = _values(claims, self.directories_claim) if has_claim else self.directories
        reach = _joined(_reaches(named))
        if reach == Reach():
            raise TokenWithoutRights(
                f"The token is valid, but gives no directories: its claim {self.directories_claim} names none, and "
                "APISERVER_OIDC_DIRECTORIES gives none to tokens without it."
            )
        return reach


def _reaches(named: Iterable[str]) -> Iterator[Reach]:
    """Yield the directories of each name; what is none gives nothing."""
    for each in named:
        with suppress(InvalidField, InvalidName):
            yield read_reach([each])


def _joined(reaches: Iterable[Reach]) -> Reach:
    found = list(reaches)
    if any(each.everywhere for each in found):
        return Reach(everywhere=True)
    names = frozenset().union(*(each.names for each in found))
    return Reach(names=names, prefixes=tuple(sorted({prefix for each in found for prefix in each.prefixes})))


def _claim(claims: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - whatever the issuer wrote
    """Return a claim: by its whole name, which may be a URL, or by the path that its dots describe."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _values(claims: Mapping[str, Any], name: str) -> list[str]:
    value = _claim(claims, name)
    listed = value if isinstance(value, list) else _SEPARATORS.split(value) if isinstance(value, str) else []
    return [each for each in listed[:_MAX_VALUES] if isinstance(each, str) and each]


def _name(claims: Mapping[str, Any]) -> str | None:
    found = (claims.get(name) for name in _NAMES)
    name = next((each for each in found if isinstance(each, str) and each.isprintable() and each), None)
    return name and name[:_MAX_NAME]


def is_token(text: str) -> bool:
    """Tell whether a text looks like a signed token: three parts, the first of which is a JSON object in base64."""
    return text.startswith("ey") and text.count(".") == 2
