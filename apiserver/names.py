"""Names of persons and directories."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, TypeAdapter, ValidationError

from apiserver.problems import InvalidName


def _without_controls(name: str) -> str:
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        raise ValueError("contains control characters")
    return name


Name = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_without_controls)]
"""1 to 255 characters without control characters and lone surrogates."""

_NAME: TypeAdapter[str] = TypeAdapter(Name)


def checked_name(name: str) -> str:
    """Return a valid name unchanged. Raises InvalidName."""
    try:
        return _NAME.validate_python(name)
    except ValidationError as error:
        raise InvalidName from error
