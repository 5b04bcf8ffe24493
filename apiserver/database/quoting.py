"""Literals in statements that take no parameters, such as SET, or that an index must match."""


def literal(text: str) -> str:
    """Return any text as an SQL literal. Names contain no control characters, so there is no zero byte to escape.

    With a backslash in it, the literal does not depend on standard_conforming_strings.
    """
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted
