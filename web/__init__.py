"""The page for people without a terminal: static files, which the gateway serves. See README.md in the source."""

from importlib.resources import files
from pathlib import Path

STATIC = Path(str(files("web") / "static"))
"""The folder of the files; `index.html` is the shell around all views."""
