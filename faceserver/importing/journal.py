"""The photographs an unfinished import has completed, so that another run can resume it."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Self

from platformdirs import user_state_path

from faceserver.importing.people_folder import Photograph


@dataclass(frozen=True, slots=True)
class Entry:
    """A completed photograph. refusal: the sentence, None if the person was learned.

    Size and time of change (ns) identify the content: a changed file is another photograph.
    """

    path: str
    size_bytes: int
    changed_ns: int
    refusal: str | None

    @classmethod
    def of(cls, photograph: Photograph, refusal: str | None) -> Self:
        """Return the entry of a photograph as it is on disk. Raises OSError."""
        status = photograph.path.stat()
        return cls(str(photograph.path), status.st_size, status.st_mtime_ns, refusal)

    def is_of(self, photograph: Photograph) -> bool:
        """Tell whether the photograph is the one that was completed."""
        with suppress(OSError):
            return Entry.of(photograph, self.refusal) == self
        return False


class Journal:
    """A file in the user's state folder with a line for each answer; it is removed when the import is complete.

    It names people and photographs, so only its owner can read it. A kill loses at most the lines of requests in
    progress; these photographs are sent again, which changes nothing. If the file cannot be read or written, `fault` is
    the reason.
    """

    def __init__(self, *identity: str) -> None:
        """identity: what distinguishes imports: service, directory, folder, options."""
        name = hashlib.sha256("\n".join(identity).encode(errors="surrogateescape")).hexdigest()[:32]
        self.fault: OSError | None = None
        self._path = user_state_path("faceserver") / "imports" / f"{name}.jsonl"

    def read(self, photographs: Sequence[Photograph]) -> dict[Photograph, Entry]:
        """Return the entries of the completed photographs, in the order of their completion."""
        entries = {entry.path: entry for entry in self._entries()}
        known = {str(photograph.path): photograph for photograph in photographs}
        return {known[path]: entry for path, entry in entries.items() if path in known and entry.is_of(known[path])}

    def note(self, entry: Entry) -> None:
        """Append an entry."""
        with self._faults_noted():
            if not self._path.exists():
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._path.touch(mode=0o600)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(entry)) + "\n")

    def remove(self) -> None:
        """Delete the file: the import is complete or starts from the beginning."""
        with self._faults_noted():
            self._path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[Entry]:
        if self.fault:  # it could not be removed before
            return
        lines: list[str] = []
        with self._faults_noted(), suppress(FileNotFoundError):
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        for line in lines:
            with suppress(ValueError, TypeError):  # a last line cut off by a crash
                yield Entry(**json.loads(line))

    @contextmanager
    def _faults_noted(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.fault = error
