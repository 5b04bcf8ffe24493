"""The likeness of an enrolled face: to the other photographs of its person, and other persons of the directory.

A face is compared after it is enrolled. Of two faces that are enrolled at the same time, at least one then sees the
other.
"""

from typing import NamedTuple

from pgvector import HalfVector

from apiserver.biometrics.face import Candidate, Embedding
from apiserver.biometrics.model import Model
from apiserver.consent import unnamed
from apiserver.database.pool import Database
from apiserver.directories.sizes import DirectorySize
from apiserver.enrolment.warnings import Likeness
from apiserver.people.unlike import OWN
from apiserver.search.identification import Identification, Search, SearchResult

MAX_OWN_FACES = 1_000
"""The faces of a person with which a face is compared at most."""

# <#> is the negative inner product. Rounded to halves, an embedding's length is not quite one.
_OWN = f"""
SELECT {OWN} FROM (
    SELECT least(-(embedding <#> $4::halfvec), 1) AS similarity FROM faces
    WHERE directory = $1 AND model = $2 AND person = $3 AND image_sha256 <> $5::bytea LIMIT {MAX_OWN_FACES}
) AS own
"""  # noqa: S608

# One statement for both, since a round trip costs more than the comparison of a small directory.
_OWN_AND_ANOTHER = f"""
SELECT own.faces, own.best, own.similarity, another.person, another.similarity
FROM ({_OWN}) AS own LEFT JOIN (
    SELECT person, least(-(embedding <#> $4), 1) AS similarity FROM faces
    WHERE directory = $1 AND model = $2 AND person <> $3 AND person NOT IN ({{unnamed}})
    ORDER BY similarity DESC, person LIMIT 1
) AS another ON true
"""  # noqa: S608


class FaceToCompare(NamedTuple):
    """A face of the gallery; sha256: the digest of its photograph."""

    directory: str
    model: Model
    person: str
    embedding: Embedding
    sha256: bytes


class Likenesses:
    """Compares enrolled faces with the gallery."""

    def __init__(self, database: Database, identification: Identification) -> None:
        self._database = database
        self._identification = identification

    async def of(self, face: FaceToCompare, size: DirectorySize, *, consent_required: bool) -> Likeness:
        """Return the likeness of a face in a directory of this size, other faces of its photograph apart.

        Others without a valid consent count only if none is required. Raises DatabaseUnavailable.
        """
        exactly = self._identification.is_exact(size)
        embedding = HalfVector(face.embedding)
        parameters = face.directory, face.model.id, face.person, embedding, face.sha256
        async with self._database.connection() as connection:
            both = _OWN_AND_ANOTHER.format(unnamed=unnamed(consent_required=consent_required))
            row = await connection.fetchrow(both if exactly else _OWN, *parameters)
        if exactly:
            *own, person, similarity = row
            return Likeness(Candidate(person, similarity) if person else None, *own)
        search = search_of(face.directory, face.model, consent_required=consent_required)
        [result] = await self._identification.identify(search, [face.embedding], size)
        return Likeness(another(result, face.person), *row)


def search_of(directory: str, model: Model, *, consent_required: bool) -> Search:
    """Return the search for the person most similar to an enrolled face, apart from its own person.

    A graph's answer is final: it contains the face itself, and a warning is not worth a scan of a large directory.
    """
    return Search(directory, model, persons=2, match=-1.0, consent_required=consent_required)


def another(result: SearchResult, person: str) -> Candidate | None:
    """Return the best candidate that is not the person."""
    return next((candidate for candidate in result.candidates if candidate.person != person), None)
