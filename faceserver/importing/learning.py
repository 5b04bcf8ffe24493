"""Learns many photographs at a time, and resumes where an earlier run ended."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from faceserver.client.async_client import AsyncClient
from faceserver.client.calls import FaceChoice
from faceserver.client.results import EnrolmentWarning
from faceserver.errors import Outage, Refused, Unavailable
from faceserver.file_names import is_decoded
from faceserver.importing.journal import Entry, Journal
from faceserver.importing.people_folder import Photograph

_APART = 2
"""Photographs of a person that are learned one after the other: the next ones are compared with at least these."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a photograph: learned, already known, refused for good, or failed this time.

    warnings: doubts about a photograph that was learned.
    """

    photograph: Photograph
    created: bool = False
    warnings: tuple[EnrolmentWarning, ...] = ()
    refusal: str | None = None
    failure: str | None = None

    @property
    def name(self) -> str:
        """The outcome as one word."""
        if self.refusal:
            return "refused"
        if self.failure:
            return "failed"
        return "learned" if self.created else "known"


async def answered_earlier(
    client: AsyncClient, journal: Journal, photographs: Sequence[Photograph], face: FaceChoice
) -> list[Outcome]:
    """Return the outcomes of those photographs that an earlier run completed.

    The last photograph it learned is learned again: if it is new to the service, the service has lost what the journal
    records or runs another model, and the journal is discarded. Raises what `learn_all` raises.
    """
    entries = journal.read(photographs)
    learned = [photograph for photograph, entry in entries.items() if entry.refusal is None]
    if learned and (await _learn(client, learned[-1], face)).name != "known":
        journal.remove()
        return []
    return [Outcome(photograph, refusal=entry.refusal) for photograph, entry in entries.items()]


async def learn_all(
    client: AsyncClient,
    journal: Journal,
    photographs: Iterable[Photograph],
    *,
    face: FaceChoice,
    concurrency: int,
    note: Callable[[Outcome], None],
) -> None:
    """Learn the photographs, `concurrency` at a time, and `note` each outcome as it comes.

    Photographs of one person that are learned at the same time are not compared with each other, so everybody's first
    ones are learned one after the other.

    Raises a FaceserverError if the service is unavailable.
    """
    remaining, turns = iter(in_turns(photographs)), _Turns()

    async def work() -> None:
        for photograph in remaining:
            try:
                entry = Entry.of(photograph, None)
            except OSError as error:  # deleted since the folder was read
                note(Outcome(photograph, failure=str(error)))
                continue
            async with turns.of(photograph.person):
                outcome = await _learn(client, photograph, face)
            if not outcome.failure:
                journal.note(replace(entry, refusal=outcome.refusal))
            note(outcome)

    workers = [asyncio.create_task(work()) for _ in range(concurrency)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def in_turns(photographs: Iterable[Photograph]) -> list[Photograph]:
    """Return the first photograph of each person, then the second of each, and so on."""
    seen: Counter[str] = Counter()

    def turn(photograph: Photograph) -> int:
        seen[photograph.person] += 1
        return seen[photograph.person]

    return sorted(photographs, key=turn)


class _Turns:
    """Lets the first photographs of a person pass one at a time, and any number of them after that."""

    def __init__(self) -> None:
        self._passed: Counter[str] = Counter()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def of(self, person: str) -> AsyncIterator[None]:
        if self._passed[person] >= _APART:
            yield
            return
        async with self._locks[person]:
            yield
        self._passed[person] += 1


async def _learn(client: AsyncClient, photograph: Photograph, face: FaceChoice) -> Outcome:
    if not is_decoded(photograph.person):
        return Outcome(photograph, refusal="The name of the person's folder is not UTF-8; rename the folder.")
    try:
        enrolment = await client.learn(photograph.person, photograph.path, face=face)
    except Refused as problem:
        return Outcome(photograph, refusal=str(problem))
    except Unavailable:
        raise
    except (Outage, OSError) as error:  # concerns this photograph only
        return Outcome(photograph, failure=str(error))
    return Outcome(photograph, enrolment.created, enrolment.warnings)
