"""Metrics of the queue and the stores, which every worker reports: query their maximum, not their sum."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from apiserver.database.pool import Database
from apiserver.database.session import Connection
from apiserver.encryption.unencrypted import unencrypted
from apiserver.jobs.records import state_of
from apiserver.problems import DatabaseUnavailable
from apiserver.search.placement import Placement, servers
from apiserver.storage.object_store import local_folder

REFRESH_SECONDS = 15.0
"""Maximum age of the metrics of the queue and the database."""

_JOBS = "SELECT task_name, status::text, count(*) FROM procrastinate_jobs GROUP BY task_name, status"

# A job postponed because of an outage is not late, and one that has had a turn waits since the end of the turn.
_OLDEST = """
SELECT task_name, extract(epoch FROM now() - min(since))::float8
FROM procrastinate_jobs AS queue JOIN (
    SELECT job_id, max(at) AS since FROM procrastinate_events WHERE type IN ('deferred', 'deferred_for_retry')
    GROUP BY job_id
) AS waiting ON job_id = queue.id
WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
GROUP BY task_name
"""

_REMAINING = """
SELECT task_name, sum(greatest(total - done, 0))::bigint
FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = number
WHERE status IN ('todo', 'doing') AND total IS NOT NULL GROUP BY task_name
"""

_INDEXES = """
SELECT split_part(relname, '_', 2) AS kind, CASE WHEN indisvalid THEN 'ready' ELSE 'unfinished' END AS state,
    count(*) AS number
FROM pg_class JOIN pg_index ON indexrelid = oid
WHERE relname ~ '^faces_(codes|graph)_[0-9a-f]{24}$' AND relnamespace = 'public'::regnamespace
GROUP BY 1, 2
"""

_AUDIT = """
SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8,
    count(*) + (SELECT coalesce(sum(position), 0)::bigint FROM audit_chains)
FROM audit WHERE hash IS NULL
"""

_SIZE = "SELECT pg_database_size(current_database())"


Samples = Mapping[tuple[str, ...], float]
"""Values by those of the labels."""


class _Family(NamedTuple):
    """A metric: its kind, name and meaning, and the names of its labels."""

    kind: type[GaugeMetricFamily | CounterMetricFamily]
    name: str
    documentation: str
    labels: tuple[str, ...] = ()

    def of(self, samples: Samples) -> Metric:
        """Return the metric with its values."""
        family = self.kind(self.name, self.documentation, labels=self.labels)
        for labels, value in samples.items():
            family.add_metric(labels, value)
        return family


_FAMILIES = (
    _Family(
        GaugeMetricFamily,
        "faceserver_jobs",
        "Jobs by kind and state; finished ones until their records expire.",
        ("kind", "state"),
    ),
    _Family(
        GaugeMetricFamily,
        "faceserver_jobs_oldest_seconds",
        "Waiting time of the oldest job that is ready to run.",
        ("kind",),
    ),
    _Family(
        GaugeMetricFamily,
        "faceserver_jobs_remaining",
        "Remaining work of jobs that have started, in units of their kind, such as photographs or faces.",
        ("kind",),
    ),
    _Family(
        GaugeMetricFamily,
        "faceserver_search_indexes",
        "Indexes of large directories by kind (`codes`, `graph`) and state (`ready`, `unfinished`), on all servers "
        "that answer.",
        ("index", "state"),
    ),
    _Family(
        GaugeMetricFamily,
        "faceserver_unencrypted",
        "Unencrypted photographs, crops and archives while encryption is on, by kind; a job encrypts them.",
        ("kind",),
    ),
    _Family(GaugeMetricFamily, "faceserver_audit_unsealed", "Entries of the audit that are not sealed yet."),
    _Family(
        GaugeMetricFamily,
        "faceserver_audit_unsealed_seconds",
        "Age of the oldest entry of the audit that is not sealed yet.",
    ),
    _Family(
        CounterMetricFamily,
        "faceserver_audit_entries",
        "Number of entries written to the audit so far.",
    ),
    _Family(GaugeMetricFamily, "faceserver_database_bytes", "Size of the database."),
)


class SharedMetrics(Collector):
    """Caches values from the database, and reads the disk usage if the image store is a folder.

    encrypts: whether encryption is on; otherwise, what is in the clear is not counted.
    """

    def __init__(self, database: Database, image_store_url: str, *, encrypts: bool = False) -> None:
        self._database = database
        self._encrypts = encrypts
        self._folder = local_folder(image_store_url)
        self._seen: Mapping[str, Samples] = {}
        """The last values read from the database, by the names of their metrics."""

    async def refresh(self) -> None:
        """Read the values from the database. Raises DatabaseUnavailable; then the metrics are absent."""
        self._seen = {}
        in_the_clear = await self._in_the_clear()
        async with self._database.connection() as connection:
            self._seen = {
                "faceserver_jobs": await _jobs(connection),
                "faceserver_jobs_oldest_seconds": await _by_kind(connection, _OLDEST),
                "faceserver_jobs_remaining": await _by_kind(connection, _REMAINING),
                "faceserver_search_indexes": await _indexes(connection),
                "faceserver_unencrypted": {(kind,): number for kind, number in in_the_clear.items()},
                **await _audit(connection),
                "faceserver_database_bytes": {(): await connection.fetchval(_SIZE)},
            }

    async def _in_the_clear(self) -> Counter[str]:
        """Return how much is not encrypted; nothing while one of several servers does not answer, which others do."""
        if self._encrypts:
            with suppress(DatabaseUnavailable):
                return await unencrypted(self._database)
        return Counter()

    def collect(self) -> Iterator[Metric]:
        """Yield the current metrics."""
        for family in _FAMILIES:
            yield family.of(self._seen.get(family.name, {}))
        yield from self._disk()

    def _disk(self) -> Iterator[GaugeMetricFamily]:
        total = GaugeMetricFamily(
            "faceserver_image_store_disk_bytes",
            "Size of the disk with the folder of images, if the image store is a folder.",
        )
        free = GaugeMetricFamily(
            "faceserver_image_store_free_bytes",
            "Free space on the disk with the folder of images, if the image store is a folder.",
        )
        if self._folder:
            with suppress(OSError):  # a network share that is unavailable
                usage = shutil.disk_usage(self._folder)
                total.add_metric([], usage.total)
                free.add_metric([], usage.free)
        yield from (total, free)


async def _jobs(connection: Connection) -> Counter[tuple[str, ...]]:
    """Return the number of jobs by kind and state."""
    jobs: Counter[tuple[str, ...]] = Counter()
    for kind, status, number in await connection.fetch(_JOBS):
        jobs[kind, state_of(status)] += number
    return jobs


async def _by_kind(connection: Connection, statement: str) -> Samples:
    return {(kind,): value for kind, value in await connection.fetch(statement)}


async def _audit(connection: Connection) -> dict[str, Samples]:
    unsealed, seconds, entries = await connection.fetchrow(_AUDIT)
    return {
        "faceserver_audit_unsealed": {(): unsealed},
        "faceserver_audit_unsealed_seconds": {(): seconds},
        "faceserver_audit_entries": {(): entries},
    }


async def _indexes(connection: Connection) -> Counter[tuple[str, ...]]:
    """Return the number of indexes by kind and state, on all servers that answer."""
    numbers: Counter[tuple[str, ...]] = Counter()
    for server in await servers(connection):
        with suppress(DatabaseUnavailable):
            for row in await Placement(None, server).fetch(connection, _INDEXES):
                numbers[row["kind"], row["state"]] += row["number"]
    return numbers
