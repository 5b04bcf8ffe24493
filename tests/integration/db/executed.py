"""The statements that the services execute while tests run."""

import re
from functools import cache
from typing import Any

from apiserver.database.opening import statement_listeners
from db.distribution import DISTRIBUTED
from tests.checkout import ROOT
from tests.integration.db.rules import EVERYWHERE, faults
from tests.integration.db.statements import SQL, Statement, statements, texts_in

_LITERAL = re.compile(r"E?'(?:[^']|'')*'")
_OMITTED = "…"
_OMITTED_TABLE = re.compile(rf"\b(FROM|INTO|UPDATE) {_OMITTED}")
_READS_OR_WRITES = re.compile(r"\b(FROM|INTO|SET)\b")
"""What is a composed statement for sure: `SELECT …` would be any, and `DELETE …` may be a request."""

_CONCERNED = re.compile(rf"\b({'|'.join(DISTRIBUTED)})\b")


class Executed:
    """Takes each statement once, and says what is wrong with those that it took last."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._new: list[str] = []

    def __call__(self, record: Any) -> None:
        """Take a statement."""
        text = _LITERAL.sub("'x'", record.query)
        if text not in self._known and SQL.match(text) and _CONCERNED.search(text):
            self._known.add(text)
            self._new.append(text)

    def faults(self) -> list[str]:
        """Return what is wrong with the statements that are new, without those of the tests themselves."""
        new, self._new = self._new, []
        return [f"{fault}: {text}" for text in new for fault in faults(text, _place(text)) if not _is_of_tests(text)]


executed = Executed()
statement_listeners.add(executed)


def _place(text: str) -> str:
    return next((one.place for one, pattern in _of_services() if pattern.fullmatch(text)), "")


def _is_of_tests(text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in _of_tests())


@cache
def _of_services() -> list[tuple[Statement, re.Pattern[str]]]:
    return [(one, _pattern(one.text)) for one in statements() if one.place in EVERYWHERE]


@cache
def _of_tests() -> list[re.Pattern[str]]:
    files = sorted((ROOT / "tests/integration").rglob("*.py"))
    texts = {text for file in files for text in texts_in(file) if _OMITTED not in text or _READS_OR_WRITES.search(text)}
    return [_pattern(text, r"[^$]*") for text in texts]


def _pattern(text: str, omitted: str = ".*") -> re.Pattern[str]:
    """Return what a statement looks like that was composed with parts like `omitted`, or with the name of a table."""
    text = _OMITTED_TABLE.sub(r"\1 \0", _LITERAL.sub("'x'", text))
    parts = [re.escape(part).replace("\0", r"\w+") for part in text.split(_OMITTED)]
    return re.compile(omitted.join(parts), re.DOTALL)
