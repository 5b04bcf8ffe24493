"""What a new name of a person or directory must not contain, because it could not be distinguished from another name.

The rules are those of PRECIS for identifiers (RFC 8264, section 9.13; RFC 5892, appendix A) and of UAX #31, section
2.3; see docs/adr/0052. Gateway and command line share them.
"""

import re
import unicodedata

from idna import IDNAError, valid_contextj

_IGNORABLE = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Default_Ignorable_Code_Point of Unicode 16 without the joiners, which some scripts need."""

_BLANK = "\u2800"
"""A pattern of Braille without dots, although a symbol by its category."""

_JOINERS = "\u200c\u200d"
_EMOJI_JOINER = "\u200d"
_EMOJI = re.compile("[\u2600-\u27bf\u2b1b\U0001f000-\U0001faff]")
"""Characters that emoji sequences are joined from (UTS #51, section 2.3), as far as blocks tell."""

_SKIN_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"

_INVISIBLE = {"Cf", "Zl", "Zp"}
_SPACES = " \u3000"
"""The ideographic space is as wide as a letter, and Japanese names have it between their parts."""


def fault_of(name: str) -> str | None:
    """Return what is wrong with a new name in normalization form C, as the rest of a sentence; None if nothing is."""
    if name in {".", ".."}:
        return "must not be . or .., which URLs cannot contain"
    if name != name.strip():
        return "must not begin or end with a space"
    for position, character in enumerate(name):
        if _is_invisible(name, position, character):
            return f"must not contain the invisible character U+{ord(character):04X}"
    return None


def _is_invisible(name: str, position: int, character: str) -> bool:
    if character.isascii() or character.isalnum():
        return bool(_IGNORABLE.match(character))
    if character in _JOINERS:
        return not _joins(name, position)
    category = unicodedata.category(character)
    is_other_space = category == "Zs" and character not in _SPACES
    is_nothing = character == _BLANK or _is_noncharacter(ord(character))
    return category in _INVISIBLE or is_other_space or is_nothing or bool(_IGNORABLE.match(character))


def _is_noncharacter(point: int) -> bool:
    """Tell whether a code point is one of the 66 that no character will ever have."""
    return 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE


def _joins(name: str, position: int) -> bool:
    """Tell whether the joiner changes how its neighbours look, as in Persian, in Indic scripts and between emoji."""
    before, after = name[:position].rstrip(_SKIN_TONES)[-1:], name[position + 1 : position + 2]
    if name[position] == _EMOJI_JOINER and _EMOJI.match(before) and _EMOJI.match(after):
        return True
    try:
        return valid_contextj(name, position)
    except (IDNAError, ValueError):
        return False
