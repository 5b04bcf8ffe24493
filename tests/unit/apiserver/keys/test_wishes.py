"""What a key is asked for."""

import pytest

from apiserver.access.grants import Grant, Reach
from apiserver.access.scopes import Scope
from apiserver.keys.wishes import check_authority, read_reach, read_scopes
from apiserver.problems import InvalidField, InvalidName, ScopeMissing

ALL = Reach(everywhere=True)
ACME = Reach(names=frozenset({"acme"}))
TEAMS = Reach(prefixes=("acme/",))


def test_directories_are_names_prefixes_or_all():
    assert read_reach(["acme", "acme/*"]) == Reach(names=frozenset({"acme"}), prefixes=("acme/",))
    assert read_reach(["acme", "*"]) == ALL
    assert read_reach(["e\u0308"]) == read_reach(["\xeb"])


@pytest.mark.parametrize("directory", ["acme*", "**", "..", " acme", "a\u200bb", ""])
def test_other_directories_are_refused(directory):
    with pytest.raises((InvalidField, InvalidName)):
        read_reach([directory])


def test_no_directory_is_refused():
    with pytest.raises(InvalidField):
        read_reach([])


def test_shorthands():
    assert read_scopes(["learn"], ACME) == {Scope.RECOGNIZE, Scope.READ, Scope.ENROL}
    assert read_scopes(["admin"], ALL) == set(Scope)
    assert read_scopes(["admin"], ACME) == set(Scope) - {Scope.OPERATE}


@pytest.mark.parametrize("scopes", [["everything"], [], ["operate"]])
def test_other_scopes_are_refused(scopes):
    with pytest.raises(InvalidField):
        read_scopes(scopes, ACME)


@pytest.mark.parametrize(
    ("mine", "theirs", "is_within"),
    [
        (ALL, ALL, True),
        (ALL, ACME, True),
        (ACME, ALL, False),
        (ACME, ACME, True),
        (ACME, Reach(names=frozenset({"acme", "other"})), False),
        (ACME, Reach(names=frozenset({"acme2"})), False),
        (ACME, TEAMS, False),
        (TEAMS, ACME, False),
        (TEAMS, TEAMS, True),
        (TEAMS, Reach(names=frozenset({"acme/sales"}), prefixes=("acme/sales/",)), True),
        (TEAMS, Reach(prefixes=("acme-",)), False),
        (Reach(), ACME, False),
    ],
)
def test_a_key_gives_only_what_its_maker_has(mine, theirs, is_within):
    grant = Grant("somebody", frozenset({Scope.ADMIN, Scope.READ}), mine)
    assert mine.includes(theirs) is is_within
    if is_within:
        check_authority(grant, frozenset({Scope.READ}), theirs)
        with pytest.raises(ScopeMissing):
            check_authority(grant, frozenset({Scope.READ, Scope.DELETE}), theirs)
    else:
        with pytest.raises(ScopeMissing):
            check_authority(grant, frozenset({Scope.READ}), theirs)
