"""Scopes, what a caller may do, and the shorthands for several of them."""

from collections.abc import Iterable
from enum import StrEnum


class Scope(StrEnum):
    """A kind of action that a caller may take; see docs/access.md for the calls of each."""

    RECOGNIZE = "recognize"
    READ = "read"
    IMAGES = "images"
    ENROL = "enrol"
    EDIT = "edit"
    DELETE = "delete"
    IMPORT = "import"
    IMPORT_TRUSTED = "import:trusted"
    EXPORT = "export"
    ADMIN = "admin"
    OPERATE = "operate"


_OF_DIRECTORIES = frozenset(Scope) - {Scope.IMPORT_TRUSTED, Scope.ADMIN, Scope.OPERATE}

SHORTHANDS: dict[str, frozenset[Scope]] = {
    "learn": frozenset({Scope.RECOGNIZE, Scope.READ, Scope.ENROL}),
    "manage": _OF_DIRECTORIES,
    "admin": frozenset(Scope),
}
"""Names that stand for several scopes where keys are made. `admin` as well: who makes keys may do everything."""


def expanded(names: Iterable[str]) -> frozenset[Scope]:
    """Return the scopes that names and shorthands stand for. Raises ValueError for an unknown name."""
    scopes: set[Scope] = set()
    for name in names:
        scopes |= SHORTHANDS.get(name) or {Scope(name)}
    return frozenset(scopes)
