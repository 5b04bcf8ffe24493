"""The rows of docs/scale.md from the records; `bench.documents.fill` draws them."""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import median

from bench.documents.tables import Row
from bench.harness.processes import LOAD_GENERATOR
from bench.harness.records import Record

KINDS = {"topology", "scaling", "sizes", "scale", "scale_large"}

FACES = (10_000, 100_000, 1_000_000, 10_000_000)
PHOTOGRAPHS_A_DAY = (10_000, 100_000, 1_000_000, 10_000_000)
PHOTOGRAPH_BYTES = 200_000
"""Assumed size of a photograph in the object store."""
PEAK = 3
"""The load of the busiest hour as a multiple of the mean of the day."""
BUSY = 0.6
"""Cores are planned to be busy for this share of that hour."""

SPREAD_FACES = (10_000_000, 100_000_000, 1_000_000_000)
MEMORY_BYTES = 256_000_000_000
"""Assumed memory of a server of the database."""
KEPT = 0.8
"""The share of it that holds rows and indexes."""
COORDINATOR_CORES = 16

_DAY_SECONDS = 86_400


def _capacity(record: Record) -> Iterable[Row]:
    for gallery in record["galleries"]:
        one = gallery["searches"]["as chosen"]
        found = ", ".join(f"{path} {share:.0%}" for path, share in one["by"].items())
        yield f"{gallery['people']:,}", one["p50_ms"], one["p99_ms"], one["a_second"], found


def _topology(record: Record) -> Iterable[Row]:
    for event, course in record["courses"].items():
        spread = ", ".join(str(images) for images in course["spread"].values())
        yield (
            event,
            course["requests"],
            course["refused"],
            sum(course["failed"].values()),
            *(course["before"][name] for name in ("p50", "p99")),
            course["during"]["longest"],
            *(course["after"][name] for name in ("p50", "p99")),
            f"{spread}: **{course['most_to_least']:.2f}**",
        )


def _scaling(record: Record) -> Iterable[Row]:
    rounds = record["rounds"]
    for place, (speed, share) in enumerate(zip(record["images_per_second"], record["to_linear"], strict=True)):
        steps = [steps[place] for steps in rounds]
        speeds = [step["summary"]["images_per_second"] for step in steps]
        used = median(sum(step["cores"]) for step in steps)
        p50 = median(step["summary"]["latency_ms"]["p50"] for step in steps)
        limit = f"{record['cores']:g} of a core each"
        yield place + 1, limit, speed, f"{min(speeds):.1f} to {max(speeds):.1f}", f"{used:.2f}", p50, f"**{share:.2f}**"


def _sizes(record: Record) -> Iterable[Row]:
    for name, sizes in record["bytes_a_row"].items():
        yield name, *(float(sizes[part]) for part in ("rows", "aside", "indexes")), float(sum(sizes.values()))


def _enrolled(record: Record) -> Iterable[Row]:
    """The database and the object store by number of faces, one photograph per person."""
    rows = record["bytes_a_row"]
    for faces in FACES:
        read = faces * (rows["faces"]["rows"] + rows["faces"]["indexes"])
        everything = faces * sum(sum(sizes.values()) for sizes in rows.values())
        yield f"{faces:,}", _size(read), _size(everything), _size(faces * PHOTOGRAPH_BYTES)


_PHOTOGRAPHED_WITH = "buffalo_sc"


def _photographed(record: Record) -> Iterable[Row]:
    """The cores by photographs per day, from the processor time of one photograph with one pack."""
    if record["models"] != _PHOTOGRAPHED_WITH:
        return
    cpu = [one["stack"]["cpu_ms_per_image"] for one in record["rounds"]]
    for photographs in PHOTOGRAPHS_A_DAY:
        a_second = photographs / _DAY_SECONDS * PEAK
        cores = (
            _figure(a_second * median(one[service] for one in cpu) / 1000 / BUSY)
            for service in ("vectorizer", "gateway", "PostgreSQL")
        )
        yield (
            record["photographs"],
            f"{photographs:,}",
            _figure(a_second),
            *cores,
            _size(photographs * PHOTOGRAPH_BYTES),
        )


def _spread(record: Record) -> Iterable[Row]:
    limit = f"{record['cores']:g} of a core each" if record["cores"] else "none"
    for what in ("searches", "enrolments"):
        for place, (speed, share) in enumerate(zip(*_of_servers(record[what]), strict=True)):
            steps = [steps[place] for steps in record[what]["rounds"]]
            speeds = [step["a_second"] for step in steps]
            yield (
                *(what, place + 1, limit, speed, f"{min(speeds):.1f} to {max(speeds):.1f}"),
                median(step["p50_ms"] for step in steps),
                *(_cores(steps, who) for who in ("servers of shards", "coordinator", LOAD_GENERATOR)),
                f"**{share:.2f}**",
            )


def _of_servers(spread: Record) -> tuple[list[float], list[float]]:
    return spread["a_second"], spread["to_linear"]


def _cores(steps: Sequence[Record], who: str) -> str:
    return f"{median(step['cores'][who] for step in steps):.2f}" if who in steps[0]["cores"] else "not measured"


def _calls(record: Record) -> Iterable[Row]:
    """The processor time of a call, and the calls a second for which the cores of a coordinator last."""
    for what in ("searches", "enrolments"):
        steps = [step for steps in record[what]["rounds"] for step in steps]
        if "coordinator" in steps[0]["cores"]:
            coordinator, shards = (
                1000 * median(step["cores"][who] / step["a_second"] for step in steps)
                for who in ("coordinator", "servers of shards")
            )
            yield what, coordinator, shards, _figure(1000 * COORDINATOR_CORES * BUSY / coordinator)


def _large_directory(record: Record) -> Iterable[Row]:
    for kind, way in record["ways"].items():
        found = ", ".join(f"{path} {share:.0%}" for path, share in way["by"].items())
        times = way["build_seconds"], way["p50_ms"], way["p99_ms"], way["a_second"]
        yield f"{record['persons']:,}", record["isolate_seconds"], kind, *times, f"{way['recall']:.3f}", found


def _large_costs(record: Record) -> Iterable[Row]:
    empty = record["empty_shard"]
    beside = record["directories_beside"]
    yield (
        f"{record['persons']:,}",
        record["faces_loaded_a_second"],
        beside,
        float(empty["relations"]),
        empty["megabytes"],
    )


def _servers(record: Record) -> Iterable[Row]:
    """The servers of shards in whose memory the rows that searches read have room."""
    rows = record["bytes_a_row"]
    for faces in SPREAD_FACES:
        read = faces * (rows["faces"]["rows"] + rows["faces"]["indexes"])
        everything = faces * sum(sum(sizes.values()) for sizes in rows.values())
        servers = math.ceil(read / MEMORY_BYTES / KEPT)
        yield f"{faces:,}", _size(read), servers, _size(everything), _size(everything / servers)


def _runs(record: Record) -> Iterable[Row]:
    origin = record["provenance"]
    yield f"`{record['file']}`", origin["date"][:10], origin["machine"], f"`{origin['command']}`"


def _figure(value: float) -> str:
    return f"{value:.2g}" if value < 100 else f"{value:,.0f}"


def _size(size: float) -> str:
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 1000:
            return f"{_figure(size)} {unit}"
    return f"{size / 1000:.2g} TB"


TABLES: dict[str, tuple[Row, Callable[[Record], Iterable[Row]], set[str]]] = {
    "capacity": (("people", "p50 ms", "p99 ms", "a second, one after the other", "found by"), _capacity, {"search"}),
    "topology": (
        (
            *("event", "requests", "refused at first", "failed in the end", "p50 ms before", "p99 ms before"),
            *("longest ms during", "p50 ms after", "p99 ms after", "images of each vectorizer, most to least"),
        ),
        _topology,
        {"topology"},
    ),
    "scaling": (
        ("vectorizers", "limit", "images/s", "least to most", "cores used", "p50 ms", "to linear"),
        _scaling,
        {"scaling"},
    ),
    "sizes": (("row of", "row, bytes", "kept aside", "indexes", "together"), _sizes, {"sizes"}),
    "enrolled": (
        ("faces", "read by searches", "database", f"photographs of {PHOTOGRAPH_BYTES // 1000} kB"),
        _enrolled,
        {"sizes"},
    ),
    "photographed": (
        (
            *("like", "photographs a day", "a second at the peak", "cores: vectorizers", "gateways", "PostgreSQL"),
            f"of {PHOTOGRAPH_BYTES // 1000} kB, a day",
        ),
        _photographed,
        {"ratio"},
    ),
    "spread": (
        (
            *("what", "servers of shards", "limit", "a second", "least to most", "p50 ms"),
            *("cores used: servers of shards", "coordinator", "load generator", "to linear"),
        ),
        _spread,
        {"scale"},
    ),
    "calls": (
        (
            *("what", "coordinator, CPU ms each", "servers of shards, CPU ms each"),
            f"a second on a coordinator with {COORDINATOR_CORES} cores",
        ),
        _calls,
        {"scale"},
    ),
    "large_directory": (
        ("people", "isolated in, s", "index", "built in, s", "p50 ms", "p99 ms", "a second", "recall@1", "found by"),
        _large_directory,
        {"scale_large"},
    ),
    "large_costs": (
        (
            *("people", "faces loaded a second", "directories left beside it"),
            *("tables and indexes of an empty shard", "MB of an empty shard"),
        ),
        _large_costs,
        {"scale_large"},
    ),
    "servers": (
        ("faces", "read by searches", "servers of shards", "database", "on each server"),
        _servers,
        {"sizes"},
    ),
    "scale_runs": (("file", "date", "machine", "command"), _runs, KINDS),
}
