"""The client of the face recognition service, `Client` or `AsyncClient` for asyncio, and the command line.

Its names are imported when they are first used, because `faceserver serve` needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceserver.public import *  # noqa: F403
    from faceserver.public import __all__ as __all__


def __getattr__(name: str) -> object:
    """Return a name of `faceserver.public`. Raises AttributeError."""
    if name.startswith("__") and name != "__all__":
        raise AttributeError(name)
    return getattr(import_module("faceserver.public"), name)


def __dir__() -> list[str]:
    return [*globals(), *import_module("faceserver.public").__all__]
