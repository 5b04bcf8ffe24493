"""Assigns each person to at most one face of a photograph."""

from collections.abc import Sequence

from apiserver.biometrics.face import Candidate


def assign_once(ranked: Sequence[Sequence[Candidate]], min_similarity: float) -> list[list[Candidate]]:
    """Return each face's candidates without the persons assigned to other faces.

    The most similar pair of face and person is assigned first, then the most similar of the remaining ones, and so on
    down to `min_similarity`, below which a face is not identified. The assignment with the greatest sum could separate
    the surest pair in favour of two doubtful ones.
    """
    pairs = sorted(
        (-candidate.similarity, face, candidate.person)
        for face, candidates in enumerate(ranked)
        for candidate in candidates
        if candidate.similarity >= min_similarity
    )
    owners: dict[str, int] = {}
    settled: set[int] = set()
    for _, face, person in pairs:
        if face not in settled and person not in owners:
            owners[person] = face
            settled.add(face)
    return [
        [candidate for candidate in candidates if owners.get(candidate.person, face) == face]
        for face, candidates in enumerate(ranked)
    ]
