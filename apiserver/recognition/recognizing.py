"""Recognizes faces in a directory."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from apiserver.audit.reads import Reads
from apiserver.biometrics.face import Embedding, Probe
from apiserver.biometrics.model import Decision, Model
from apiserver.database.pool import Database
from apiserver.directories.records import Directories, SearchTerms
from apiserver.directories.thresholds import Applied
from apiserver.problems import DatabaseUnavailable
from apiserver.recognition import sightings
from apiserver.recognition.candidates import Identity, SearchOptions
from apiserver.search.identification import Identification, Search, SearchResult
from apiserver.search.recall import RecallCheck
from apiserver.storage.images import ImageRow
from apiserver.storage.keeping import Keeping, NotKept
from apiserver.storage.photographs import Photograph, to_store
from serving.stages import Stages

_MAX_CANDIDATES = 2_000
"""Whose decisions are made at once on the event loop."""


class NobodyEnrolled(StrEnum):
    """Why nobody can be recognized in a directory."""

    DIRECTORY_UNKNOWN = "directory-unknown"
    DIRECTORY_EMPTY = "directory-empty"


@dataclass(frozen=True, slots=True)
class Recognized:
    """The identity of each probe, the thresholds that decided, and the key of the photograph, if it is kept.

    nobody: set if no face of the model is enrolled in the directory. not_kept: set if the photograph should be kept.
    """

    identities: list[Identity]
    applied: Applied
    image_key: str | None
    nobody: NobodyEnrolled | None
    not_kept: NotKept | None = None


class Recognition:
    """Identifies probes in a directory, keeps their photograph for a while, and notes who was seen."""

    def __init__(
        self,
        *,
        database: Database,
        directories: Directories,
        identification: Identification,
        recall_check: RecallCheck,
        keeping: Keeping,
        reads: Reads,
        retention_seconds: int,
    ) -> None:
        self._database = database
        self._directories = directories
        self._identification = identification
        self._recall_check = recall_check
        self._keeping = keeping
        self._reads = reads
        self._retention_seconds = retention_seconds

    async def recognize(
        self,
        probes: Sequence[Probe],
        model: Model,
        options: SearchOptions,
        stages: Stages,
        photograph: Photograph | None = None,
    ) -> Recognized:
        """Identify the probes; keep the photograph if there is one, and the directory and the store keep photographs.

        Raises DatabaseUnavailable or DirectoryBusy.
        """
        begun = time.monotonic()
        with stages.measure("search"):
            terms = await self._directories.search_terms(options.directory, model, options.threshold)
            seconds = terms.settings.recognized_retention_seconds
            keep = timedelta(seconds=self._retention_seconds if seconds is None else seconds)
            row, content, not_kept = None, b"", None
            if photograph and keep:
                as_sent = bool(terms.settings.keep_originals)
                row, content, not_kept = await self._row(photograph, options.directory, keep, as_sent=as_sent)
            search = options.search(model, terms, len(probes))
            embeddings = [probe.embedding for probe in probes]
            try:
                results = await self._identification.identify(search, embeddings, terms.size, row)
            except DatabaseUnavailable as problem:
                if row is None:
                    raise
                row, not_kept = None, self._keeping.refused_by(problem)
                results = await self._identification.identify(search, embeddings, terms.size, None)
        if sum(len(result.candidates) for result in results) <= _MAX_CANDIDATES:
            identities = options.identities(probes, results, terms.applied)
        else:  # of a crowd, which take long to sort
            identities = await asyncio.to_thread(options.identities, probes, results, terms.applied)
        self._check_recall(search, embeddings, results, identities)
        if row:
            with stages.measure("store"):
                not_kept = await self._keeping.put(row, content, begun)
        key = row.key if row and not not_kept else None
        named = [
            (identity.candidates[0].person, identity.decision)
            for identity in identities
            if identity.decision is not Decision.UNKNOWN
        ]
        if named and options.are_seen:
            with stages.measure("note"):
                await sightings.note(self._database, options.directory, named, key)
        with stages.measure("note"):
            await self._reads.recognized(options.directory, [person for person, _ in named], faces=len(probes))
        return Recognized(identities, terms.applied, key, _nobody(terms), not_kept)

    async def _row(
        self, photograph: Photograph, directory: str, keep: timedelta, *, as_sent: bool
    ) -> tuple[ImageRow | None, bytes, NotKept | None]:
        """Return the row of a photograph to keep and what is to be stored, or why it cannot be kept."""
        if not_kept := self._keeping.refusal(len(photograph.content)):
            return None, b"", not_kept
        secret = await self._keeping.secret()
        unkeyed, content = await to_store(photograph, directory, keep, secret, as_sent=as_sent)
        try:
            row = await self._keeping.keyed(unkeyed)
        except DatabaseUnavailable as problem:
            return None, b"", self._keeping.refused_by(problem)
        return row, content, None if row else NotKept.STORE_UNAVAILABLE

    def _check_recall(
        self,
        search: Search,
        embeddings: Sequence[Embedding],
        results: Sequence[SearchResult],
        identities: Sequence[Identity],
    ) -> None:
        """Offer the answers to the recall check, without those that name nobody whatever is found."""
        chosen = [number for number, identity in enumerate(identities) if identity.reason is None]
        self._recall_check.offer(search, [embeddings[n] for n in chosen], [results[n] for n in chosen])


def _nobody(terms: SearchTerms) -> NobodyEnrolled | None:
    if terms.size.faces:
        return None
    return NobodyEnrolled.DIRECTORY_EMPTY if terms.exists else NobodyEnrolled.DIRECTORY_UNKNOWN
