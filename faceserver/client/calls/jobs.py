"""Jobs: imports and exports; and the progress of deletions."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from faceserver.client.call import Archive, Call, InDirectory, given, json_of, url_path
from faceserver.client.calls.recognition import FaceChoice
from faceserver.client.method import result
from faceserver.client.results import Deletion, ImportOutcome, Job, QualityAction, StartedJob


class JobCalls(InDirectory):
    """Imports, exports and deletions."""

    @result
    def job(self, job: str) -> Call[Job]:
        """Return the progress of a job."""
        return Call("GET", url_path("jobs", job), json_of(Job))

    @result
    def cancel_job(self, job: str) -> Call[Job]:
        """Cancel an import, an export or a comparison: a waiting one at once, a running one within seconds.

        Its work until then stays.
        """
        return Call("DELETE", url_path("jobs", job), json_of(Job))

    @result
    def deletion(self, deletion: str) -> Call[Deletion]:
        """Return the progress of a deletion: `finished_at` is set when the last image is deleted."""
        return Call("GET", url_path("deletions", deletion), json_of(Deletion))

    @result
    def start_import(
        self,
        archive: str | Path,
        *,
        directory: str | None = None,
        face: FaceChoice | None = None,
        quality: QualityAction | None = None,
        zip_encoding: str | None = None,
        trust: Literal["embeddings"] | None = None,
    ) -> Call[StartedJob]:
        """Start to import a zip: photographs in a folder for each person, or the bundle of an export.

        quality: what to do with poor photographs, instead of the directory's setting. zip_encoding: code page of the
        names in the zip, such as `cp932`, if it does not state it. trust: use embeddings of a bundle without a check.
        """
        files = [("file", Archive(Path(archive)))]
        return Call(
            "POST",
            self._imports(directory),
            json_of(StartedJob),
            fields=given(face=face, quality=quality, zip_encoding=zip_encoding, trust=trust),
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
        """Start to import photographs from the service's object store, given as pairs of person and key."""
        manifest = [{"person": person, "key": key} for person, key in keys]
        body = {"manifest": manifest, **given(face=face, quality=quality)}
        return Call("POST", self._imports(directory), json_of(StartedJob), json=body, creates=True)

    @result
    def import_outcomes(self, job: str, *, directory: str | None = None) -> Call[tuple[ImportOutcome, ...]]:
        """Return the outcome of each photograph that an import has processed so far."""
        return Call("GET", self._imports(directory, job, "outcomes"), _outcomes)

    @result
    def start_export(self, *, directory: str | None = None, images: bool = False) -> Call[StartedJob]:
        """Start to export a directory as a bundle for `start_import`, with its photographs if `images`."""
        return Call("POST", self._exports(directory), json_of(StartedJob), json={"images": images}, creates=True)

    @result
    def fetch_export(self, job: str, path: str | Path, *, directory: str | None = None) -> Call[Path]:
        """Write the bundle of a finished export to `path`, a zip."""
        into = Path(path)
        return Call("GET", self._exports(directory, job, "bundle"), lambda _: into, into=into)

    def _imports(self, directory: str | None, *rest: str) -> str:
        return self._path(directory, "imports", *rest)

    def _exports(self, directory: str | None, *rest: str) -> str:
        return self._path(directory, "exports", *rest)


def _outcomes(body: bytes) -> tuple[ImportOutcome, ...]:
    return tuple(json_of(ImportOutcome)(line) for line in body.splitlines() if line)
