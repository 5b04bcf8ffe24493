"""Names of fields and parameters that a call does not have, and the names that were probably meant."""

import unicodedata
from collections.abc import Collection, Iterable
from enum import Enum, auto

from apiserver.problems import UnknownField

_MAX_SHOWN = 64
_MIN_MISSPELLED = 3
"""Shorter names, such as `k`, are like too many others; they are recognized only in another case."""
_MIN_LONG = 8
"""Names of at least this length may differ in two letters, and are recognized at the start of others."""


class Unknown(Enum):
    """What a call does with fields and parameters that it does not have.

    A call that was misspelled must not do something else: with `Directory` for `directory`, a person would be learned
    in the default directory.
    """

    REFUSED = auto()
    MISSPELLED_REFUSED = auto()
    """Clients of the older face server may send other fields; only those like a field of the call are refused."""
    IGNORED = auto()


def check_fields(sent: Iterable[str], known: Collection[str], unknown: Unknown) -> None:
    """Raise UnknownField for the first field that a form does not have, with the right name."""
    for name in sent:
        if name in known or unknown is Unknown.IGNORED:
            continue
        if meant := meant_by(name, known):
            raise UnknownField(f"The field is called {meant}, not {_shown(name)}.")
        if unknown is Unknown.REFUSED:
            raise UnknownField(f"There is no field {_shown(name)}; {_listed('field', known)}")


def check_parameters(sent: Iterable[str], known: Collection[str], fields: Collection[str], unknown: Unknown) -> None:
    """Raise UnknownField for the first parameter of a URL that a call does not have. fields: those of its body."""
    for name in sent:
        if name in known or unknown is Unknown.IGNORED:
            continue
        if meant := meant_by(name, known):
            raise UnknownField(f"The parameter is called {meant}, not {_shown(name)}.")
        if meant := meant_by(name, fields):
            raise UnknownField(f"The field {meant} belongs in the body, not in the URL.")
        if unknown is Unknown.REFUSED:
            raise UnknownField(f"There is no parameter {_shown(name)}; {_listed('parameter', known)}")


def meant_by(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant by another one, if there is one."""
    key = _key(name[:_MAX_SHOWN])
    alike = [(edits, right) for right in known if (edits := _likeness(key, _key(right))) is not None]
    return min(alike)[1] if alike else None


def _key(name: str) -> str:
    """Return a name without what is often changed by mistake: case, the characters between words, and `-ies`."""
    key = "".join(letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isalnum())
    return f"{key.removesuffix('ies')}y" if key.endswith("ies") else key


def _likeness(sent: str, right: str) -> int | None:
    """Return the number of edits between two names, or None if the one was hardly meant by the other."""
    allowed = 2 if len(right) >= _MIN_LONG else 1 if len(right) >= _MIN_MISSPELLED else 0
    if abs(len(sent) - len(right)) <= allowed and (edits := _edits(sent, right)) <= allowed:
        return edits
    is_abbreviation = len(sent) >= _MIN_MISSPELLED and right.startswith(sent)
    is_extension = len(right) >= _MIN_LONG and sent.startswith(right)
    return allowed + 1 if is_abbreviation or is_extension else None


def _edits(first: str, second: str) -> int:
    """Return the optimal string alignment distance: inserted, deleted, replaced and transposed letters."""
    before: list[int] = []
    last = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        row = [i]
        for j, other in enumerate(second, 1):
            edits = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and other == first[i - 2]:
                edits = min(edits, before[j - 2] + 1)
            row.append(edits)
        before, last = last, row
    return last[-1]


def _shown(name: str) -> str:
    """Return a name as a sentence can contain it, even if it is long or not printable."""
    short = name if len(name) <= _MAX_SHOWN else f"{name[:_MAX_SHOWN]}…"
    return short if short.isprintable() and short else ascii(short)


def _listed(kind: str, known: Iterable[str]) -> str:
    names = ", ".join(sorted(known))
    return f"the {kind}s are {names}." if names else "this call has none."
