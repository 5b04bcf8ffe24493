"""SQL statements of identification for one or more probes, which share one pass over the rows.

Parameters of every statement: $1 directory, $2 model, $3 number of persons, and one embedding per probe from $4;
`quantized` has more after them. Result rows: number of the probe from 1, person, similarity; the best first.
`where` selects the rows: `WHERE` for any directory, or the condition of a directory's own indexes, which must match
$1 and $2. `unnamed` selects the persons of the directory $1 who are left out, as if they had no faces; they take no
place of others among the candidates.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from apiserver.biometrics.model import Scoring

WHERE = "directory = $1 AND model = $2"
BUCKET = "(uuid_hash(face) & 31)"
"""A number below `BUCKETS` for each face; ranges of it split a directory's index of codes into parts."""
BUCKETS = 32
MARK = "concat_ws(' ', epoch, face_logs.tableoid, pg_postmaster_start_time())"
"""Of the log of changes in a directory: another one after a crash, on another server, and in a restored database."""
SINCE = "changed_by >= pg_snapshot_xmin({0}) AND NOT pg_visible_in_snapshot(changed_by, {0})"
CHANGED = f"directory = $1 AND model = $2 AND {SINCE}"
"""The condition of the changes in a directory since a snapshot, which is to be filled in."""
OF_CHANGE = "face >= faces_from AND face <= (left(faces_from::text, 8) || '-ffff-ffff-ffff-ffffffffffff')::uuid"
"""The condition of the faces that a change concerns, and of the few whose ids begin like theirs."""
KNOWN = f"directory = $1 AND {MARK} = {{1}} AND forgotten_before <= pg_snapshot_xmin({{0}})"
"""The condition of the log of a directory, unless it has lost changes since a snapshot {0} of the mark {1}."""
_FIRST_PROBE = 4
_FIRST_ROWS = 10
"""Rows that are looked at first, for each one that is sought."""
_PARAMETERS = "$1::text, $2::text"
"""Every parameter occurs in every statement, so that PostgreSQL knows its type."""
_ROUNDED_TO_ZERO = 2.0**-25
"""The largest value that half precision, in which embeddings are stored, rounds to zero."""


def code(embedding: Sequence[float]) -> str:
    """Return the code as a string of bits, like pgvector's `binary_quantize` of a halfvec: 1 for values above zero."""
    return "".join(["1" if value > _ROUNDED_TO_ZERO else "0" for value in embedding])


def array(ids: Iterable[str]) -> str:
    """Return an array of ids as PostgreSQL writes it, whose thousands asyncpg would encode one by one."""
    return f"{{{','.join(ids)}}}"


def exact(probes: int, scoring: Scoring, unnamed: str, where: str = WHERE) -> str:
    """Return the statement that compares all faces with the probes."""
    columns = [f"{_score(scoring, probe)} AS s{number}" for number, probe in _probes(probes)]
    best = [
        f"(SELECT {number}, person, s{number} FROM persons ORDER BY s{number} DESC, person LIMIT $3)"
        for number, _ in _probes(probes)
    ]
    return f"""
WITH given AS (SELECT {_PARAMETERS}), persons AS MATERIALIZED (
    SELECT person, {", ".join(columns)} FROM faces WHERE {where} AND person NOT IN ({unnamed}) GROUP BY person
)
{" UNION ALL ".join(best)}
"""


def nearest(probes: int, unnamed: str, where: str = WHERE) -> str:
    """Return the statement for the nearest $3 faces of each probe: rows are those of faces, in place of persons.

    Much faster than `exact`, which groups all faces. A person whose best face is not among these comes after all whose
    best face is, so these decide if they are faces of enough persons.
    """
    given = f"given AS (SELECT {_PARAMETERS})"
    compared = f"FROM faces WHERE {where} AND person NOT IN ({unnamed})"
    if probes == 1:
        return f"WITH {given} {_first(1, _similarity('$4::halfvec'), compared)}"
    scores = ", ".join(f"{_similarity(probe)} AS s{number}" for number, probe in _probes(probes))
    best = " UNION ALL ".join(
        _first(number, f"s{number}", f"FROM scored WHERE s{number} >= {_least(number)}")
        for number, _ in _probes(probes)
    )
    return f"WITH {given}, scored AS MATERIALIZED (SELECT person, {scores} {compared}) {best}"


def _least(number: int) -> str:
    """Return what the best $3 rows reach: the worst of the best $3 of the first ones.

    Skipping a row is cheaper than sorting it.
    """
    first = f"SELECT s{number} FROM scored LIMIT {_FIRST_ROWS} * $3"
    return f"coalesce((SELECT s{number} FROM ({first}) AS first ORDER BY 1 DESC LIMIT 1 OFFSET $3 - 1), '-Infinity')"


def proposed(probes: int, scoring: Scoring, unnamed: str, where: str, *, max_changed: int) -> str:
    """Return the statement that compares each probe with the faces proposed for it, and with those that changed lately.

    Parameters after the embeddings: the proposed faces of each probe (see `array`), the snapshot and the mark of the
    codes that proposed them (see `changes`). Result rows are the best $3 faces, with `Scoring.MEAN` persons.
    One more row, of probe 0, has the number of faces that changed; it is missing if the changes are not known any more.
    More than `max_changed` are not compared.
    """
    snapshot, mark = f"${_FIRST_PROBE + 2 * probes}::pg_snapshot", f"${_FIRST_PROBE + 2 * probes + 1}::text"
    best = []
    for number, probe in _probes(probes):
        of_probe = f"${_FIRST_PROBE + probes + number - 1}::text::uuid[]"
        sought = f"face = ANY ({of_probe} || ARRAY(SELECT face FROM changed_faces))"
        if scoring is Scoring.MEAN:
            sought = f"person = ANY (ARRAY(SELECT DISTINCT person FROM faces WHERE {where} AND {sought}))"
        compared = f"FROM faces WHERE {where} AND {sought} AND person NOT IN ({unnamed})"
        if scoring is Scoring.MEAN:
            best.append(_first(number, _score(scoring, probe), f"{compared} GROUP BY person"))
        else:
            best.append(_first(number, _similarity(probe), compared))
    return f"""
WITH changed AS MATERIALIZED (
    SELECT faces_from FROM face_changes WHERE {CHANGED.format(snapshot)} LIMIT {max_changed + 1:d}
), changed_faces AS MATERIALIZED (
    SELECT latest.face FROM changed CROSS JOIN LATERAL (
        SELECT face FROM faces WHERE {where} AND {OF_CHANGE} OFFSET 0
    ) AS latest
)
SELECT 0 AS number, '' AS person, (SELECT count(*) FROM changed)::float8 AS similarity
FROM face_logs WHERE {KNOWN.format(snapshot, mark)}
UNION ALL {" UNION ALL ".join(best)}
"""


def distances(probes: int, unnamed: str, *, sample: int, rank: int, where: str = WHERE) -> str:
    """Return the statement for the distance limit of each probe, in one row.

    The limit is the distance of the code that is `rank`-nearest among the first `sample` rows. Parameters: directory,
    model, and the code of each probe.
    """
    nearest = [
        f"(SELECT max(d) FROM (SELECT d{number} AS d FROM sample ORDER BY 1 LIMIT {rank:d}) AS nearest)"
        for number in range(1, probes + 1)
    ]
    return f"""
WITH given AS (SELECT {_PARAMETERS}), sample AS MATERIALIZED (
    SELECT {_columns(_compared(probes, 3))} FROM (
        SELECT code FROM faces WHERE {where}{_of_others(unnamed, where)} LIMIT {sample:d}
    ) AS first
)
SELECT {", ".join(nearest)}
"""


def quantized(
    probes: int, scoring: Scoring, unnamed: str, *, candidates: int, where: str = WHERE, parts: int = 1
) -> str:
    """Return the statement that compares all codes, then the embeddings of each probe's `candidates` nearest codes.

    Parameters after the embeddings: the code of each probe, then the distance limit of each probe (see `distances`),
    beyond which rows are skipped, since sorting all rows would cost more than comparing them. Both are parameters and
    not results of a subquery: PostgreSQL would detoast a subquery's code for every row, and not scan in parallel.

    parts: each part can be scanned by a parallel worker. Several workers on one scan would spend their time on
    handing over pages, each of which takes only microseconds.
    """
    compared = _compared(probes, _FIRST_PROBE + probes)
    columns = _columns(compared)
    is_near = [
        f"{distance} <= ${number}::float8" for number, distance in enumerate(compared, _FIRST_PROBE + 2 * probes)
    ]
    others = _of_others(unnamed, where)  # the last condition, looked at for few rows
    near = [
        f"SELECT face, {columns} FROM faces WHERE {where}{part} AND ({' OR '.join(is_near)}){others}"
        for part in _parts(parts)
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


def graph(probes: int, unnamed: str, *, dimension: int, candidates: int, where: str) -> str:
    """Return the statement that searches the directory's graph; it may miss persons. Uses each person's best face."""
    distance = f"(embedding::halfvec({dimension:d})) <#> (probe.embedding::halfvec({dimension:d}))"
    scored = f"""
SELECT number, person, max(nearest.similarity) AS similarity
FROM probe CROSS JOIN LATERAL (
    SELECT person, -({distance}) AS similarity FROM faces WHERE {where} ORDER BY {distance} LIMIT {candidates:d}
) AS nearest
WHERE person NOT IN ({unnamed})
GROUP BY number, person
"""
    return _ranked(scored, probes)


# LIMIT forces the planner to a nested loop.
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
    """Wrap a statement that scores persons to return the best $3 of each probe; it may refer to `probe`."""
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


def _of_others(unnamed: str, where: str) -> str:
    """Return the condition for the faces of other persons; the indexes of one directory do not hold the persons."""
    if where == WHERE:
        return f" AND person NOT IN ({unnamed})"
    return f" AND face NOT IN (SELECT face FROM faces WHERE {WHERE} AND person IN ({unnamed}))"


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


def _first(number: int, similarity: str, source: str) -> str:
    """Return the statement for the first $3 rows of a probe."""
    return f"(SELECT {number}, person, {similarity} AS similarity {source} ORDER BY similarity DESC, person LIMIT $3)"


def _similarity(probe: str) -> str:
    """Return the cosine of a face; <#> is the negative inner product."""
    return f"-(embedding <#> {probe})"


def _score(scoring: Scoring, probe: str) -> str:
    """Return the aggregate over a person's faces. If all scores are 0, the mean is not weighted."""
    similarity = _similarity(probe)
    if scoring is Scoring.MAX:
        return f"max({similarity})"
    return f"coalesce(sum(score * {similarity}) / nullif(sum(score), 0), avg({similarity}))"
