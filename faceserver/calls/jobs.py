"""What takes longer than a request: imports, exports, and the last of a deletion."""

from collections.abc import Iterable
from pathlib import Path

from faceserver.call import Archive, Call, given, json_of, place
from faceserver.calls.directory import InDirectory
from faceserver.calls.recognition import FaceChoice
from faceserver.method import result
from faceserver.results import Deletion, ImportOutcome, Job, QualityAction, StartedJob


class JobCalls(InDirectory):
    """What takes longer than a request."""

    @result
    def job(self, job: str) -> Call[Job]:
        """Say how far a job is."""
        return Call("GET", place("jobs", job), json_of(Job))

    @result
    def deletion(self, deletion: str) -> Call[Deletion]:
        """Say how far a deletion is: `finished_at` is set when its last image is gone."""
        return Call("GET", place("deletions", deletion), json_of(Deletion))

    @result
    def start_import(
        self,
        archive: str | Path,
        *,
        directory: str | None = None,
        face: FaceChoice | None = None,
        quality: QualityAction | None = None,
    ) -> Call[StartedJob]:
        """Begin to import a zip: of photographs in a folder for each person, or one that an export made.

        quality: what becomes of poor photographs, instead of what the directory says.
        """
        files = [("file", Archive(Path(archive)))]
        return Call(
            "POST",
            self._imports(directory),
            json_of(StartedJob),
            fields=given(face=face, quality=quality),
            files=files,
            creates=True,
        )

    @result
    def start_import_of_keys(
        self,
        keys: Iterable[tuple[str, str]],
        *,
        directory: str | None = None,
        face: FaceChoice | None = None,
        quality: QualityAction | None = None,
    ) -> Call[StartedJob]:
        """Begin to import photographs that are in the service's object store already: pairs of person and key."""
        manifest = [{"person": person, "key": key} for person, key in keys]
        body = {"manifest": manifest, **given(face=face, quality=quality)}
        return Call("POST", self._imports(directory), json_of(StartedJob), json=body, creates=True)

    @result
    def import_outcomes(self, job: str, *, directory: str | None = None) -> Call[tuple[ImportOutcome, ...]]:
        """Say of each photograph of an import what became of it, as far as the job is."""
        return Call("GET", self._imports(directory, job, "outcomes"), _outcomes)

    @result
    def start_export(self, *, directory: str | None = None, images: bool = False) -> Call[StartedJob]:
        """Begin to bundle a whole directory, with its photographs if `images`, for `start_import` elsewhere."""
        return Call("POST", self._exports(directory), json_of(StartedJob), json={"images": images}, creates=True)

    @result
    def fetch_export(self, job: str, path: str | Path, *, directory: str | None = None) -> Call[Path]:
        """Write the bundle of an export that is done to `path`, a zip."""
        into = Path(path)
        return Call("GET", self._exports(directory, job, "bundle"), lambda _: into, into=into)

    def _imports(self, directory: str | None, *rest: str) -> str:
        return self._place(directory, "imports", *rest)

    def _exports(self, directory: str | None, *rest: str) -> str:
        return self._place(directory, "exports", *rest)


def _outcomes(body: bytes) -> tuple[ImportOutcome, ...]:
    return tuple(json_of(ImportOutcome)(line) for line in body.splitlines() if line)
