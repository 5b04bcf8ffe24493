"""The examples of the documents."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.checkout import ROOT

DOCUMENTS = ROOT / "docs"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PROMPT = "$ "


@dataclass(frozen=True)
class Example:
    """A command, and what it prints."""

    command: str
    printed: str


def blocks(document: str, language: str) -> list[str]:
    """Return the blocks of one language in a document."""
    text = (DOCUMENTS / document).read_text(encoding="utf-8")
    return [content for name, content in _BLOCK.findall(text) if name == language]


def program(document: str) -> str:
    """Return all Python of a document, one block after the other."""
    return "\n".join(blocks(document, "python"))


def examples(document: str) -> Iterator[Example]:
    """Yield the commands of a document's console blocks."""
    for block in blocks(document, "console"):
        for example in block.removeprefix(_PROMPT).split(f"\n{_PROMPT}"):
            command, _, printed = example.partition("\n")
            yield Example(command, printed)


def words(printed: str, least_digits: int = 2) -> list[str]:
    """Return what was printed without what depends on the machine: space, lines, ids, and long figures' digits."""
    masked = _UUID.sub("#", printed)
    masked = re.sub(r"\d+(\.\d+)?", lambda found: "#" if len(found[0]) >= least_digits else found[0], masked)
    return masked.replace("─", "").split()
