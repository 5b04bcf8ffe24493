"""What an unfinished import has done already, so that it can go on where it was however it ended."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Self

from platformdirs import user_state_path

from faceserver.people_folder import Photograph


@dataclass(frozen=True, slots=True)
class Entry:
    """A photograph that has its answer. refusal: the sentence, None where the person was learned.

    A file that was changed since is another photograph: its size and time of change (ns) are told apart.
    """

    path: str
    size_bytes: int
    changed_ns: int
    refusal: str | None

    @classmethod
    def of(cls, photograph: Photograph, refusal: str | None) -> Self:
        """Return the entry of a photograph as it is on the disk. Raises OSError."""
        status = photograph.path.stat()
        return cls(str(photograph.path), status.st_size, status.st_mtime_ns, refusal)

    def is_of(self, photograph: Photograph) -> bool:
        """Tell whether the photograph is the one that had this answer."""
        with suppress(OSError):
            return Entry.of(photograph, self.refusal) == self
        return False


class Journal:
    """A line for each answer, in the user's state folder, until the import is complete.

    It names people and photographs, so only its owner can read it. A kill loses at most the lines of the answers that
    were on their way; these photographs are sent again, which changes nothing. Where it cannot be read or written,
    `fault` says why.
    """

    def __init__(self, *identity: str) -> None:
        """identity: all that makes it another import: service, directory, folder, options."""
        name = hashlib.sha256("\n".join(identity).encode()).hexdigest()[:32]
        self.fault: OSError | None = None
        self._path = user_state_path("faceserver") / "imports" / f"{name}.jsonl"

    def read(self, photographs: Sequence[Photograph]) -> dict[Photograph, Entry]:
        """Return the entries of those photographs that have their answer, in the order they were answered in."""
        entries = {entry.path: entry for entry in self._entries()}
        known = {str(one.path): one for one in photographs}
        return {known[path]: entry for path, entry in entries.items() if path in known and entry.is_of(known[path])}

    def note(self, entry: Entry) -> None:
        """Keep an answer."""
        with self._faults_noted():
            if not self._path.exists():
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._path.touch(mode=0o600)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(entry)) + "\n")

    def remove(self) -> None:
        """Forget everything: the import is complete, or is to begin anew."""
        with self._faults_noted():
            self._path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[Entry]:
        if self.fault:  # it should have been removed
            return
        lines: list[str] = []
        with self._faults_noted(), suppress(FileNotFoundError):
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        for line in lines:
            with suppress(ValueError, TypeError):  # the last line of a machine that went down
                yield Entry(**json.loads(line))

    @contextmanager
    def _faults_noted(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.fault = error
