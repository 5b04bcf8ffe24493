import stat
import tempfile
from pathlib import Path

from faceserver.standalone.accounts import let_through


def test_a_closed_folder_becomes_traversable_but_not_listable():
    with tempfile.TemporaryDirectory() as name:
        closed, inner = Path(name, "closed"), Path(name, "closed", "inner")
        closed.mkdir(mode=0o700)
        inner.mkdir(mode=0o750)

        let_through(inner)

        assert stat.filemode(closed.stat().st_mode) == "drwx-----x"
        assert stat.filemode(inner.stat().st_mode) == "drwxr-x--x"
