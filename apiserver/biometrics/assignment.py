"""Assigns each person to at most one face of a photograph."""

from collections.abc import Sequence

from apiserver.biometrics.face import Candidate


def assign_once(ranked: Sequence[Sequence[Candidate]], min_similarity: float) -> list[list[Candidate]]:
    """Return each face's candidates without the persons assigned to other faces.

    The most similar pair of face and person is assigned first, then the most similar of the remaining ones, and so on
    down to `min_similarity`, below which nobody is named anyway. The assignment with the greatest sum could separate
    the surest pair for the sake of two doubtful ones.
    """
    pairs = sorted(
        (-candidate.similarity, number, candidate.person)
        for number, candidates in enumerate(ranked)
        for candidate in candidates
        if candidate.similarity >= min_similarity
    )
    owners: dict[str, int] = {}
    settled: set[int] = set()
    for _, number, person in pairs:
        if number not in settled and person not in owners:
            owners[person] = number
            settled.add(number)
    return [
        [candidate for candidate in candidates if owners.get(candidate.person, number) == number]
        for number, candidates in enumerate(ranked)
    ]
