import stat
import tempfile
from pathlib import Path

from faceserver.standalone.accounts import is_open, opened_copy


def test_a_closed_folder_is_noticed_and_stays_closed():
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        closed, inner = Path(name, "closed"), Path(name, "closed", "inner")
        closed.mkdir(mode=0o700)
        inner.mkdir(mode=0o755)

        assert is_open(Path(name))
        assert not is_open(inner)
        assert stat.filemode(closed.stat().st_mode) == "drwx------"


def test_what_is_closed_is_copied_once():
    with tempfile.TemporaryDirectory() as name:
        place, program = Path(name, "open"), Path(name, "installed", "program")
        program.mkdir(parents=True)
        (program / "run").write_text("first")
        copied = [opened_copy(program.parent, ["program"], "1.0", place) for _ in range(2)]
        assert copied == [place / "1.0"] * 2
        assert (copied[0] / "program" / "run").read_text() == "first"
        assert list(place.iterdir()) == [copied[0]]

        Path(name).chmod(0o711)
        assert opened_copy(program.parent, ["program"], "1.0", place) == program.parent
