"""The examples of the documents."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCUMENTS = Path(__file__).parents[1] / "docs"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
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
