"""The rows of docs/search.md from the records; `bench.documents.fill` draws them."""

from collections.abc import Iterable

from bench.documents.tables import Row, Table, each, number
from bench.harness.records import Record


def _searches(record: Record) -> Iterable[Row]:
    for gallery in record["galleries"]:
        for way, one in gallery["searches"].items():
            found = ", ".join(_found_by(path, share, one) for path, share in one["by"].items())
            times = one["p50_ms"], one["p99_ms"], one["a_second"]
            shares = (f"{one[share]:.3f}" for share in ("recall", "enrolled", "enrolled_exhaustively"))
            yield f"{gallery['people']:,}", gallery["photographs"], way, *times, *shares, found


def _found_by(path: str, share: float, search: Record) -> str:
    told_apart = f" in {number(search['p50_ms_by'][path])} ms" if len(search.get("p50_ms_by", {})) > 1 else ""
    return f"{path} {share:.0%}{told_apart}"


def _galleries(record: Record) -> Iterable[Row]:
    for gallery in record["galleries"]:
        yield (
            f"{gallery['people']:,}",
            gallery["photographs"],
            record["faces_loaded_a_second"].get(gallery["directory"], "loaded before"),
            each(indexes["megabytes"]) if (indexes := gallery["indexes"]) else "none",
            each(indexes["build_seconds"]) if indexes and indexes["build_seconds"] else "not in this run",
            *(gallery["learn_ms"][when] for when in ("before", "with indexes")),
        )


def _small_directories(record: Record) -> Iterable[Row]:
    if record["small"]:
        small = record["small"]
        yield small["directories"], small["p50_ms"], small["p99_ms"]


def _crowd(record: Record) -> Iterable[Row]:
    for what in ("planning", "learning"):
        yield record["directories"], what, record[f"{what}_ms_before"], record[f"{what}_ms_beside"]


TABLES = {
    "searches": Table(
        (
            *("people", "photographs each", "way", "p50 ms", "p99 ms", "a second"),
            *("recall@1", "own first", "exhaustively", "found by"),
        ),
        _searches,
        {"search"},
    ),
    "galleries": Table(
        (
            *("people", "photographs each", "faces loaded a second", "indexes, MB", "built in, s"),
            *("/learn before, ms", "/learn with them, ms"),
        ),
        _galleries,
        {"search"},
    ),
    "directories": Table(("directories of 100", "p50 ms", "p99 ms"), _small_directories, {"search"}),
    "crowd": Table(("directories", "what", "before, ms", "with their indexes, ms"), _crowd, {"search_crowd"}),
}
