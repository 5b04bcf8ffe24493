"""Directories and their settings."""

from dataclasses import asdict

from faceserver.client.call import MAX_PAGE, Call, InDirectory, Page, given, json_of
from faceserver.client.method import listing, result
from faceserver.client.results import (
    Deletion,
    Directory,
    DirectorySummary,
    Event,
    EventKind,
    QualityGate,
    ScoreDistributions,
    Scoring,
)
from faceserver.client.unchanged import UNCHANGED, Unchanged, changed


class DirectoryCalls(InDirectory):
    """Directories."""

    @listing
    def directories(self, *, prefix: str | None = None) -> Call[Page[DirectorySummary]]:
        """Iterate over the directories, sorted by name; with `prefix`, only those whose names begin with it."""
        query = given(limit=MAX_PAGE, prefix=prefix)
        return Call("GET", "/directories", json_of(Page[DirectorySummary]), query=query)

    @result
    def get_directory(self, directory: str | None = None) -> Call[Directory]:
        """Return the settings of a directory, its size and its thresholds."""
        return Call("GET", self._path(directory), json_of(Directory))

    @result
    def put_directory(
        self,
        directory: str | None = None,
        *,
        fpir: float | None = None,
        threshold: float | None = None,
        scoring: Scoring | None = None,
        recognized_retention_seconds: int | None = None,
        unseen_retention_days: int | None = None,
        keep_originals: bool | None = None,
        require_consent: bool | None = None,
        delete_without_consent_days: int | None = None,
        recognizability_floor: float | None = None,
        quality: QualityGate | None = None,
        if_match: int | None = None,
        if_absent: bool = False,
    ) -> Call[Directory]:
        """Replace the settings of a directory, which is created if missing; None means the service's default.

        if_absent: raises Conflict if the directory exists.
        """
        settings = given(
            fpir=fpir,
            threshold=threshold,
            scoring=scoring,
            recognized_retention_seconds=recognized_retention_seconds,
            unseen_retention_days=unseen_retention_days,
            keep_originals=keep_originals,
            require_consent=require_consent,
            delete_without_consent_days=delete_without_consent_days,
            recognizability_floor=recognizability_floor,
            quality=_gate(quality),
        )
        path = self._path(directory)
        return Call("PUT", path, json_of(Directory), json=settings, if_match=if_match, if_absent=if_absent)

    @result
    def patch_directory(
        self,
        directory: str | None = None,
        *,
        fpir: float | Unchanged | None = UNCHANGED,
        threshold: float | Unchanged | None = UNCHANGED,
        scoring: Scoring | Unchanged | None = UNCHANGED,
        recognized_retention_seconds: int | Unchanged | None = UNCHANGED,
        unseen_retention_days: int | Unchanged | None = UNCHANGED,
        keep_originals: bool | Unchanged | None = UNCHANGED,
        require_consent: bool | Unchanged | None = UNCHANGED,
        delete_without_consent_days: int | Unchanged | None = UNCHANGED,
        recognizability_floor: float | Unchanged | None = UNCHANGED,
        quality: QualityGate | Unchanged | None = UNCHANGED,
        if_match: int | None = None,
    ) -> Call[Directory]:
        """Change some settings of a directory; None restores the service's default."""
        settings = changed(
            fpir=fpir,
            threshold=threshold,
            scoring=scoring,
            recognized_retention_seconds=recognized_retention_seconds,
            unseen_retention_days=unseen_retention_days,
            keep_originals=keep_originals,
            require_consent=require_consent,
            delete_without_consent_days=delete_without_consent_days,
            recognizability_floor=recognizability_floor,
            quality=_gate(quality),
        )
        return Call("PATCH", self._path(directory), json_of(Directory), json=settings, if_match=if_match)

    @result
    def score_distributions(self, directory: str | None = None) -> Call[ScoreDistributions]:
        """Return the similarities of the faces of a directory, and the error rates of each threshold."""
        return Call("GET", self._path(directory, "score-distributions"), json_of(ScoreDistributions))

    @listing
    def activity(self, *, directory: str | None = None, kind: EventKind | None = None) -> Call[Page[Event]]:
        """Iterate over what happened in a directory, the latest first, from stored data.

        kind: only events of this kind.
        """
        query = given(limit=MAX_PAGE, kind=kind)
        return Call("GET", self._path(directory, "activity"), json_of(Page[Event]), query=query)

    @result
    def delete_directory(self, directory: str, *, if_match: int | None = None) -> Call[Deletion]:
        """Delete a directory and everybody in it; it must be named explicitly."""
        return Call("DELETE", self._path(directory), json_of(Deletion), if_match=if_match, once=True)


def _gate(quality: QualityGate | Unchanged | None) -> dict[str, object] | Unchanged | None:
    return given(**asdict(quality)) if isinstance(quality, QualityGate) else quality
