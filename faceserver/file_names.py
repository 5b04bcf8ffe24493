"""Names of files that are not UTF-8, or that would end a line or control a terminal: how they are shown and sent.

Python stands for each byte that it cannot decode by a lone surrogate, which no stream and no request can carry.
"""

import re
import unicodedata
from pathlib import PurePath

_UNDECODED = re.compile("[\udc80-\udcff]")
_UNSHOWN = {"Cc", "Zl", "Zp"}
"""Categories of characters that end a line or control a terminal."""


def is_decoded(name: str) -> bool:
    """Tell whether a name is text throughout, as the id of a person must be."""
    return not _UNDECODED.search(name)


def readable(name: str | PurePath) -> str:
    r"""Return the name of a file as text; bytes that are not UTF-8 become `\xeb`."""
    return _UNDECODED.sub(lambda found: f"\\x{ord(found.group()) - 0xDC00:02x}", str(name))


def shown(name: str | PurePath) -> str:
    r"""Return the name of a file for a terminal, on one line: control characters become `\n` or `\x1b`, too."""
    return "".join(
        character.encode("unicode_escape").decode() if unicodedata.category(character) in _UNSHOWN else character
        for character in readable(name)
    )
