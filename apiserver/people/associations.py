"""Association of faces that stand for themselves with a user."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from apiserver.database.session import Connection
from apiserver.people.indexed_faces import IndexedFace, face_counts, read_all, require_user
from apiserver.people.merges import merge
from apiserver.people.moving import lock_persons
from apiserver.people.splits import take_faces

_PHOTOGRAPHS = "SELECT image_sha256, model FROM faces WHERE directory = $1 AND person = $2"
# <#> is the negative inner product. The best similarity with the user, who may have any number of faces.
_WITH_USER = """
SELECT face.face, max(-(face.embedding <#> other.embedding)) AS similarity
FROM faces AS face, faces AS other
WHERE face.directory = $1 AND face.face = ANY ($3::uuid[])
AND other.directory = $1 AND other.person = $2 AND other.model = face.model
GROUP BY face.face
"""
_WITH_EACH_OTHER = """
SELECT face.face, other.face AS other, -(face.embedding <#> other.embedding) AS similarity
FROM faces AS face, faces AS other
WHERE face.directory = $1 AND face.face = ANY ($2::uuid[])
AND other.directory = $1 AND other.face = ANY ($2::uuid[]) AND other.model = face.model AND other.face <> face.face
"""


class Unsuccessful(StrEnum):
    """Why a face was not associated."""

    NOT_FOUND = "FACE_NOT_FOUND"
    OF_ANOTHER = "ASSOCIATED_TO_A_DIFFERENT_USER"
    UNLIKE = "LOW_MATCH_CONFIDENCE"


@dataclass(frozen=True, slots=True)
class Failure:
    """A face that was not associated. user: whose it is. similarity: with the user, if that was too low."""

    face: UUID
    reason: Unsuccessful
    user: str | None = None
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Association:
    """What became of the faces."""

    done: list[UUID] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)


async def associate(
    connection: Connection, directory: str, user: str, faces: Sequence[UUID], is_alike: Callable[[float], bool]
) -> Association:
    """Associate faces with a user, who is like each of them; the first face of a user without faces is its example.

    A second face of a photograph is not taken: it would be the same. Raises DirectoryNotFound, or PersonNotFound if
    there is no such user.
    """
    wanted = list(dict.fromkeys(faces))
    async with connection.transaction():
        before = await read_all(connection, directory, wanted)
        await lock_persons(connection, directory, [user], {face.person for face in before.values()})
        await require_user(connection, directory, user)
        known = await read_all(connection, directory, wanted)
        outcome, candidates = _sorted_out(wanted, known, user)
        ids = [face.face for face in candidates]
        choice = _Choice(
            {tuple(row) for row in await connection.fetch(_PHOTOGRAPHS, directory, user)},
            dict(await connection.fetch(_WITH_USER, directory, user, ids)),
            await connection.fetch(_WITH_EACH_OTHER, directory, ids),
            is_alike,
        )
        chosen = [face for face in candidates if choice.takes(face, outcome)]
        await _move(connection, directory, user, chosen)
    return outcome


class _Choice:
    """Which faces a user takes, one after the other. best: the similarity of each face with those the user has."""

    def __init__(
        self,
        photographs: set[tuple[bytes, str]],
        best: dict[UUID, float],
        pairs: Sequence[Any],
        is_alike: Callable[[float], bool],
    ) -> None:
        self._photographs = photographs
        self._best = best
        self._others: dict[UUID, list[tuple[UUID, float]]] = {}
        for face, other, similarity in pairs:
            self._others.setdefault(face, []).append((other, similarity))
        self._is_alike = is_alike
        self._is_empty = not photographs

    def takes(self, face: IndexedFace, outcome: Association) -> bool:
        """Tell whether the user takes a face, and add it to the outcome."""
        best = self._best.get(face.face, -1.0)
        photograph = (face.image_sha256, face.model)
        if photograph in self._photographs or not (self._is_empty or self._is_alike(best)):
            outcome.failed.append(Failure(face.face, Unsuccessful.UNLIKE, similarity=best))
            return False
        self._photographs.add(photograph)
        for other, similarity in self._others.get(face.face, []):
            self._best[other] = max(similarity, self._best.get(other, -1.0))
        self._is_empty = False
        outcome.done.append(face.face)
        return True


def _sorted_out(
    wanted: Sequence[UUID], known: dict[UUID, IndexedFace], user: str
) -> tuple[Association, list[IndexedFace]]:
    """Return what is clear, and the faces that the user may take."""
    outcome, candidates = Association(), []
    for each in wanted:
        face = known.get(each)
        if face is None:
            outcome.failed.append(Failure(each, Unsuccessful.NOT_FOUND))
        elif face.person == user:
            outcome.done.append(each)
        elif face.own:
            candidates.append(face)
        else:
            outcome.failed.append(Failure(each, Unsuccessful.OF_ANOTHER, face.person))
    return outcome, candidates


async def _move(connection: Connection, directory: str, user: str, faces: Sequence[IndexedFace]) -> None:
    """Merge the persons who stand for one face each into the user, and take other faces from theirs."""
    if not faces:
        return
    counts = await face_counts(connection, directory, {face.person for face in faces})
    if merged := [face.person for face in faces if counts[face.person] == 1]:
        await merge(connection, directory, user, merged)
    for face in faces:
        if counts[face.person] > 1:
            await take_faces(connection, directory, face.person, [face.face], user, into_existing=True)
