"""One person at most once on a photograph."""

from collections.abc import Sequence

from apiserver.faces import Candidate


def assign_once(ranked: Sequence[Sequence[Candidate]], least: float) -> list[list[Candidate]]:
    """Return each face's candidates without the people who are somebody else's on the same photograph.

    The most similar pair of face and person goes together, then the most similar of the remaining faces and people,
    and so on down to `least`, below which nobody is named anyway. This is not the assignment of the greatest sum: there
    the surest pair may have to part to make room for two doubtful ones.
    """
    pairs = sorted(
        (-candidate.similarity, number, candidate.person)
        for number, candidates in enumerate(ranked)
        for candidate in candidates
        if candidate.similarity >= least
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
