"""Open-set identification through the public gateway: some people are enrolled, others are strangers.

FNIR is the share of searches for an enrolled person that do not return this person at or above the threshold, FPIR the
share of searches for a stranger that return anybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np

from bench.accuracy.error_rates import NO_FACE, FloatArray
from bench.photographs.folder import Photograph, by_person, most_central


@dataclass(frozen=True)
class Split:
    """The enrolled photographs, and those searched for."""

    enrolments: list[Photograph]
    mated: list[Photograph]
    non_mated: list[Photograph]


@dataclass(frozen=True)
class Search:
    """The best candidate of a search, and the person on the photograph (None for a stranger)."""

    person: str | None
    candidate: str | None
    similarity: float
    decision: str

    @property
    def right(self) -> bool:
        return self.person is not None and self.candidate == self.person

    @property
    def outcome(self) -> str:
        """The decision; `wrong_match` or `wrong_review` if it names another person than the enrolled one."""
        wrong = self.person is not None and not self.right and self.decision != "unknown"
        return f"wrong_{self.decision}" if wrong else self.decision


def split(photographs: Iterable[Photograph]) -> Split:
    """Enrol the first photograph of three in four people who have several, and search for all others.

    Strangers are the people with one photograph, and every fourth, by name, of the others. Raises ValueError if
    this leaves nobody to enrol, or no strangers.
    """
    people = by_person(photographs)
    several = sorted(person for person, theirs in people.items() if len(theirs) > 1)
    strangers = (people.keys() - several) | set(several[3::4])
    enrolled = [people[person] for person in several if person not in strangers]
    if not enrolled or not strangers:
        raise ValueError("Identification needs people with several photographs, and four such people or a stranger.")
    return Split(
        enrolments=[first for first, *_ in enrolled],
        mated=[probe for _, *probes in enrolled for probe in probes],
        non_mated=[probe for person in sorted(strangers) for probe in people[person]],
    )


def enrol(gateway: httpx.Client, directory: str, photographs: Sequence[Photograph], concurrency: int) -> dict[str, str]:
    """Enrol each photograph; return the reason for each refused one. Raises httpx.HTTPError if the gateway fails."""
    with ThreadPoolExecutor(concurrency) as pool:
        refusals = pool.map(lambda photograph: _learn(gateway, directory, photograph), photographs)
        return {photograph.name: code for photograph, code in zip(photographs, refusals, strict=True) if code}


def _learn(gateway: httpx.Client, directory: str, photograph: Photograph) -> str | None:
    fields = {"directory": directory, "person": photograph.person, "face": "center"}
    response = gateway.post("/learn", data=fields, files={"file": photograph.path.read_bytes()})
    if response.is_client_error:
        return str(response.json()["code"])
    response.raise_for_status()
    return None


def search(
    gateway: httpx.Client, directory: str, probes: Sequence[Photograph], concurrency: int, *, mated: bool
) -> list[Search]:
    """Search for the person on each photograph. Raises httpx.HTTPError when the gateway fails."""
    with ThreadPoolExecutor(concurrency) as pool:
        faces = pool.map(lambda photograph: _recognize(gateway, directory, photograph), probes)
        return [_search(probe.person if mated else None, face) for probe, face in zip(probes, faces, strict=True)]


def _recognize(gateway: httpx.Client, directory: str, photograph: Photograph) -> Mapping[str, Any] | None:
    files = {"file": photograph.path.read_bytes()}
    response = gateway.post("/recognize", data={"directory": directory}, files=files)
    if response.is_client_error:
        return None
    faces = response.raise_for_status().json()["persons"]
    return faces[most_central([face["box"] for face in faces], photograph.size())] if faces else None


def _search(person: str | None, face: Mapping[str, Any] | None) -> Search:
    if face is None or not face["candidates"]:
        return Search(person, None, NO_FACE, "unknown")
    best = face["candidates"][0]
    return Search(person, best["id"], best["similarity"], face["decision"])


def false_positive_rate(searches: Sequence[Search], thresholds: FloatArray) -> FloatArray:
    """Return FPIR at each threshold, from the searches for strangers."""
    similarity = np.array([search.similarity for search in searches])
    rates: FloatArray = np.mean(similarity[:, np.newaxis] >= thresholds, axis=0)
    return rates


def false_negative_rate(searches: Sequence[Search], thresholds: FloatArray) -> FloatArray:
    """Return FNIR at each threshold, from the searches for enrolled people."""
    similarity = np.array([search.similarity if search.right else NO_FACE for search in searches])
    rates: FloatArray = np.mean(similarity[:, np.newaxis] < thresholds, axis=0)
    return rates
