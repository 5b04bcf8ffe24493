"""How alike the faces of a directory are: of one person and of different people, from a sample of bounded cost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from apiserver.biometrics.model import Model
from apiserver.biometrics.open_set import stranger_named
from apiserver.database.session import Connection

BINS = 100
"""Bins of equal width from -1 to 1."""

_FACES = 500
"""Faces of the sample. The ids of faces are random, so those that follow one another are one."""
_OTHERS = 20
"""Other photographs of the person with which a face of the sample is compared."""

# <#> is the negative inner product. Rounded to halves, an embedding's length is not quite one.
_BIN = f"least(greatest(width_bucket(similarity, -1, 1, {BINS}), 1), {BINS})"
_SAMPLE = "SELECT face, person, embedding, image_sha256 FROM faces WHERE directory = $1 AND model = $2"
_COUNT = f"""
WITH sample AS MATERIALIZED (
    ({_SAMPLE} AND face >= $3 ORDER BY face LIMIT {_FACES})
    UNION ALL ({_SAMPLE} AND face < $3 ORDER BY face LIMIT {_FACES})
    LIMIT {_FACES}
), same AS MATERIALIZED (
    SELECT sample.face, own.similarity FROM sample CROSS JOIN LATERAL (
        SELECT least(-(faces.embedding <#> sample.embedding), 1) AS similarity FROM faces
        WHERE faces.directory = $1 AND faces.model = $2 AND faces.person = sample.person
        AND faces.image_sha256 <> sample.image_sha256 LIMIT {_OTHERS}
    ) AS own
), best AS (
    SELECT max(similarity) AS similarity FROM same GROUP BY face
), different AS (
    SELECT least(-(one.embedding <#> another.embedding), 1) AS similarity
    FROM sample AS one JOIN sample AS another ON one.face < another.face AND one.person <> another.person
)
SELECT 'sample' AS kind, 1 AS bin, count(*) FROM sample
UNION ALL SELECT 'same', {_BIN}, count(*) FROM same GROUP BY 2
UNION ALL SELECT 'best', {_BIN}, count(*) FROM best GROUP BY 2
UNION ALL SELECT 'different', {_BIN}, count(*) FROM different GROUP BY 2
"""  # noqa: S608


def _empty() -> list[int]:
    return [0] * BINS


@dataclass(frozen=True, slots=True)
class Distributions:
    """Numbers of pairs in each bin of similarity.

    same: pairs of photographs of one person. best: of each face, the most similar other photograph of its person.
    different: pairs of faces of different people. sampled: the number of faces of which these are.
    """

    sampled: int = 0
    same: list[int] = field(default_factory=_empty)
    best: list[int] = field(default_factory=_empty)
    different: list[int] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True)
class Rates:
    """What a match threshold would mean.

    missed: the share of faces below it whose person has other photographs; None if there are none. stranger_named: the
    share of strangers who reach it with any of the faces. alike: the share of pairs of different people who reach it;
    None if there are none.
    """

    threshold: float
    missed: float | None
    stranger_named: float
    alike: float | None


async def sample(connection: Connection, directory: str, model: Model, start: UUID | None = None) -> Distributions:
    """Return the distributions of a sample that begins at the id `start`, or a random one.

    Raises DatabaseUnavailable.
    """
    counts: dict[str, list[int]] = {"sample": [0], "same": _empty(), "best": _empty(), "different": _empty()}
    for kind, place, count in await connection.fetch(_COUNT, directory, model.id, start or uuid4()):
        counts[kind][place - 1] = count
    return Distributions(counts["sample"][0], counts["same"], counts["best"], counts["different"])


def edges() -> list[float]:
    """Return the limits of the bins, one more than there are bins."""
    return [round(-1 + 2 * place / BINS, 6) for place in range(BINS + 1)]


def rates(found: Distributions, model: Model, faces: int) -> list[Rates]:
    """Return what each limit of a bin would mean as the threshold of a directory with this number of `faces`."""
    return [
        Rates(
            threshold,
            _share(found.best[:place], found.best),
            stranger_named(model.tail, threshold, faces),
            _share(found.different[place:], found.different),
        )
        for place, threshold in enumerate(edges())
    ]


def _share(part: Sequence[int], whole: Sequence[int]) -> float | None:
    total = sum(whole)
    return sum(part) / total if total else None
