"""What a key is asked for, as people write it: scopes, directories and prefixes."""

from collections.abc import Iterable

from apiserver.access.grants import SEPARATORS, Grant, Reach
from apiserver.access.scopes import SHORTHANDS, Scope, expanded
from apiserver.names import checked_name
from apiserver.problems import InvalidField, ScopeMissing
from serving.name_faults import fault_of

_SCOPES = ", ".join([*Scope, *(name for name in SHORTHANDS if name not in set(Scope))])


def read_scopes(names: Iterable[str], reach: Reach) -> frozenset[Scope]:
    """Return the scopes that names and shorthands stand for. Raises InvalidField.

    `operate` concerns the whole service, so only a key for all directories can have it.
    """
    listed = list(names)
    try:
        scopes = expanded(listed)
    except ValueError as error:
        raise InvalidField(f"scopes: each must be one of {_SCOPES}.") from error
    if not scopes:
        raise InvalidField(f"scopes: name at least one of {_SCOPES}.")
    if not reach.everywhere:
        if Scope.OPERATE in listed:
            raise InvalidField("scopes: operate requires the directories *.")
        scopes -= {Scope.OPERATE}
    return scopes


def read_reach(directories: Iterable[str]) -> Reach:
    """Return the directories that names, prefixes such as `acme/*`, and `*` stand for. Raises InvalidField."""
    names, prefixes, everywhere = set(), set(), False
    for each in directories:
        if each == "*":
            everywhere = True
        elif each.endswith("*"):
            prefixes.add(_prefix(each[:-1]))
        else:
            names.add(_name(each))
    if not (names or prefixes or everywhere):
        raise InvalidField("directories: name at least one, or * for all.")
    return Reach(True) if everywhere else Reach(False, frozenset(names), tuple(sorted(prefixes)))


def directories_of(reach: Reach) -> list[str]:
    """Return names and prefixes as people write them."""
    return ["*"] if reach.everywhere else [*sorted(reach.names), *(f"{each}*" for each in sorted(reach.prefixes))]


def check_authority(grant: Grant, scopes: frozenset[Scope], reach: Reach) -> None:
    """Raise ScopeMissing unless the caller may do everything that the key is to do."""
    if not grant.includes(scopes, reach):
        raise ScopeMissing("A key can give only scopes and directories that its maker has.")


def _prefix(prefix: str) -> str:
    if prefix[-1:] not in tuple(SEPARATORS):
        raise InvalidField(f"directories: a prefix must end in one of {' '.join(SEPARATORS)} and *, such as acme/*.")
    return checked_name(prefix)


def _name(name: str) -> str:
    checked = checked_name(name)
    if fault := fault_of(checked):
        raise InvalidField(f"directories: a name {fault}.")
    return checked
