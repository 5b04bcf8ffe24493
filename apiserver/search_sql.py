"""The statements of identification, written for a number of probes: all of them share one pass over the rows.

Parameters of every statement are the directory $1, the model $2, the number of persons wanted $3, and from $4 on one
embedding for each probe; `quantized` is given more after them. They return rows of (number of the probe from 1,
person, similarity), each probe's best first.
`where` tells the rows: `WHERE` for any directory, or the condition of a directory's own indexes, to whose rows $1 and
$2 must then belong.
"""

from collections.abc import Callable
from enum import StrEnum
from itertools import pairwise

WHERE = "directory = $1 AND model = $2"
BUCKET = "(uuid_hash(face) & 31)"
"""A number below `BUCKETS` for each face, of which a part of a directory can be told by its own index of codes."""
BUCKETS = 32
_FIRST_PROBE = 4
_PARAMETERS = "$1::text, $2::text"
"""Every parameter occurs in every statement, so that PostgreSQL knows its type."""


class Scoring(StrEnum):
    """How a person's samples make one similarity: the best, or the mean, each weighted by its detector score."""

    MAX = "max"
    MEAN = "mean"


def exact(probes: int, scoring: Scoring, where: str = WHERE, also: Callable[[int], str] | None = None) -> str:
    """Compare every sample of every person.

    `also` writes something in the same statement; it is told the number of its first parameter.
    """
    columns = [f"{_score(scoring, probe)} AS s{number}" for number, probe in _probes(probes)]
    best = [
        f"(SELECT {number}, person, s{number} FROM persons ORDER BY s{number} DESC, person LIMIT $3)"
        for number, _ in _probes(probes)
    ]
    written = f"written AS ({also(_FIRST_PROBE + probes)}), " if also else ""
    return f"""
WITH {written}persons AS MATERIALIZED (
    SELECT person, {", ".join(columns)} FROM faces WHERE {where} GROUP BY person
)
{" UNION ALL ".join(best)}
"""


def distances(probes: int, *, sample: int, rank: int, where: str = WHERE) -> str:
    """Return, in one row, each probe's distance to the code that is the `rank` nearest of the first `sample` rows.

    Parameters are the directory, the model, and the code of each probe.
    """
    nearest = [
        f"(SELECT max(d) FROM (SELECT d{number} AS d FROM sample ORDER BY 1 LIMIT {rank:d}) AS nearest)"
        for number in range(1, probes + 1)
    ]
    return f"""
WITH given AS (SELECT {_PARAMETERS}), sample AS MATERIALIZED (
    SELECT {_columns(_compared(probes, 3))} FROM (SELECT code FROM faces WHERE {where} LIMIT {sample:d}) AS first
)
SELECT {", ".join(nearest)}
"""


def quantized(probes: int, scoring: Scoring, *, candidates: int, where: str = WHERE, parts: int = 1) -> str:
    """Compare the codes of all samples, then the embeddings of each probe's `candidates` nearest.

    Parameters after the embeddings are the code of each probe, and then the distance beyond which rows are passed over,
    as `distances` tells them: sorting all rows would cost more than comparing them. They are parameters and never
    results of a subquery: PostgreSQL keeps a code packed there, and would unpack it again for every row that it is
    compared with, and lets no other process scan where one is used.

    Each of the `parts` can be scanned by a process of its own; several on one scan would pass its pages, which are done
    in microseconds, from one to the other.
    """
    compared = _compared(probes, _FIRST_PROBE + probes)
    columns = _columns(compared)
    is_near = [
        f"{distance} <= ${number}::float8" for number, distance in enumerate(compared, _FIRST_PROBE + 2 * probes)
    ]
    near = [
        f"SELECT face, {columns} FROM faces WHERE {where}{part} AND ({' OR '.join(is_near)})" for part in _parts(parts)
    ]
    nearest = [
        f"(SELECT {number} AS number, face FROM near ORDER BY d{number} LIMIT {candidates:d})"
        for number, _ in _probes(probes)
    ]
    return f"""
WITH near AS MATERIALIZED (
    {" UNION ALL ".join(near)}
), candidates AS (
    {" UNION ALL ".join(nearest)}
)
{_ranked(_RESCORED[scoring], probes)}
"""


def graph(probes: int, *, dimension: int, candidates: int, where: str) -> str:
    """Walk the directory's graph for each probe; it may miss people. Takes the best sample of each person."""
    distance = f"(embedding::halfvec({dimension:d})) <#> (probe.embedding::halfvec({dimension:d}))"
    scored = f"""
SELECT number, person, max(nearest.similarity) AS similarity
FROM probe CROSS JOIN LATERAL (
    SELECT person, -({distance}) AS similarity FROM faces WHERE {where} ORDER BY {distance} LIMIT {candidates:d}
) AS nearest
GROUP BY number, person
"""
    return _ranked(scored, probes)


# LIMIT keeps the planner from joining in another way than row by row.
_RESCORED = {
    Scoring.MAX: """
SELECT number, sample.person, max(-(sample.embedding <#> probe.embedding)) AS similarity
FROM candidates JOIN probe USING (number) CROSS JOIN LATERAL (
    SELECT person, embedding FROM faces WHERE directory = $1 AND face = candidates.face LIMIT 1
) AS sample
GROUP BY number, sample.person
""",
    Scoring.MEAN: """
SELECT number, found.person, mean.similarity
FROM (
    SELECT DISTINCT number, sample.person FROM candidates CROSS JOIN LATERAL (
        SELECT person FROM faces WHERE directory = $1 AND face = candidates.face LIMIT 1
    ) AS sample
) AS found JOIN probe USING (number) CROSS JOIN LATERAL (
    SELECT coalesce(sum(score * -(embedding <#> probe.embedding)) / nullif(sum(score), 0),
        avg(-(embedding <#> probe.embedding))) AS similarity
    FROM faces WHERE directory = $1 AND model = $2 AND person = found.person
) AS mean
""",
}


def _ranked(scored: str, probes: int) -> str:
    """Return the best $3 persons of each probe, given the statement that scores them; it may use `probe`."""
    values = ", ".join(f"({number}, {probe})" for number, probe in _probes(probes))
    return f"""
SELECT number, person, similarity FROM (
    SELECT number, person, similarity,
        row_number() OVER (PARTITION BY number ORDER BY similarity DESC, person) AS place
    FROM (
        WITH probe (number, embedding) AS (VALUES {values}), given AS (SELECT {_PARAMETERS})
        {scored}
    ) AS scored
) AS placed
WHERE place <= $3 ORDER BY number, place
"""


def _compared(probes: int, first: int) -> list[str]:
    return [f"code <~> ${number}::varbit" for number in range(first, first + probes)]


def _columns(compared: list[str]) -> str:
    return ", ".join(f"{distance} AS d{number}" for number, distance in enumerate(compared, 1))


def _parts(count: int) -> list[str]:
    if count == 1:
        return [""]
    bounds = [BUCKETS * number // count for number in range(count + 1)]
    return [f" AND {BUCKET} >= {first:d} AND {BUCKET} < {end:d}" for first, end in pairwise(bounds)]


def _probes(count: int) -> list[tuple[int, str]]:
    return [(number, f"${_FIRST_PROBE + number - 1}::halfvec") for number in range(1, count + 1)]


def _score(scoring: Scoring, probe: str) -> str:
    """Return the aggregate over a person's samples; <#> is the negative inner product.

    Where all scores are 0 the mean is a plain one.
    """
    if scoring is Scoring.MAX:
        return f"max(-(embedding <#> {probe}))"
    similarity = f"-(embedding <#> {probe})"
    return f"coalesce(sum(score * {similarity}) / nullif(sum(score), 0), avg({similarity}))"
