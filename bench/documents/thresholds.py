"""The rows of docs/thresholds.md from each record of bench.accuracy.open_set; `bench.documents.fill` draws them."""

from collections.abc import Callable, Iterable, Sequence

from bench.documents.tables import Row
from bench.harness.records import Record


def _thresholds(record: Record) -> Iterable[Row]:
    for fpir in dict.fromkeys(row["fpir"] for row in record["thresholds"]):
        cells = [row for row in record["thresholds"] if row["fpir"] == fpir]
        yield record["models"], f"{fpir:g}", f"1 in {1 / fpir:,.0f}", *(f"{row['match']:.3f}" for row in cells)


def _missed(record: Record) -> Iterable[Row]:
    """Enrolled people missed, at the default rate: real people up to their number, then synthetic ones."""
    for kind in ("real", "synthetic"):
        for group in _groups(record, kind):
            yield (*group[:3], *_asked_and_got(group[3]), f"{100 * group[4]:.1f} %")


def _groups(record: Record, kind: str) -> Iterable[tuple[str, str, int, list[Record], float]]:
    """Yield the rates of each size and requested rate; the halves of synthetic people together."""
    for key in dict.fromkeys((row["persons"], row["fpir_asked"]) for row in record[kind]):
        rows = [row for row in record[kind] if (row["persons"], row["fpir_asked"]) == key]
        yield record["models"], kind, key[0], rows, sum(row["fnir"] for row in rows) / len(rows)


def _asked_and_got(rows: Sequence[Record]) -> Row:
    """Return the requested and the measured rate, of both halves together and of each."""
    together = sum(row["named"] for row in rows) / sum(row["strangers"] for row in rows)
    each = ", ".join(f"{row['fpir']:.2g} ({row['fpir_low']:.2g} to {row['fpir_high']:.2g})" for row in rows)
    pairs = " + ".join(f"{row['look_alikes']:,}" for row in rows)
    asked = rows[0]["fpir_asked"]
    return f"{asked:g}", f"**{together:.2g}**", f"{together / asked:.2f}", each, pairs


def _resemblance(record: Record) -> Iterable[Row]:
    for row in record["resemblance"]:
        real = f"{row['real']:.3f}" if "real" in row else "too few people"
        yield record["models"], f"{row['fmr']:.0e}", real, f"{row['synthetic']:.3f}"


def _tails(record: Record) -> Iterable[Row]:
    tail, pairs = record["tail"], f"{record['impostor_pairs']:,}"
    cells = (f"{tail[name]:.4g}" for name in ("start", "rate", "scale", "shape"))
    yield record["models"], record["people"], pairs, *cells


def _samples(record: Record) -> Iterable[Row]:
    for photographs, comparisons in record["comparisons_of_samples"].items():
        yield record["models"], photographs, f"{comparisons:.1f}"


def _runs(record: Record) -> Iterable[Row]:
    origin = record["provenance"]
    yield record["models"], origin["date"][:10], origin["machine"], f"`{origin['command']}`"


TABLES: dict[str, tuple[Row, Callable[[Record], Iterable[Row]]]] = {
    "thresholds": (
        ("model", "`fpir`", "strangers named", "100 faces", "1,000", "10,000", "100,000"),
        _thresholds,
    ),
    "rates": (
        (
            *("model", "people", "enrolled", "FPIR asked", "FPIR measured", "measured to asked"),
            *("of each half (95 %)", "pairs of look-alikes", "FNIR"),
        ),
        _missed,
    ),
    "resemblance": (("model", "reached by", "real people", "synthetic people"), _resemblance),
    "tails": (("model", "people", "pairs of two people", "start", "rate", "scale", "shape"), _tails),
    "samples": (("model", "photographs of each person", "count as comparisons"), _samples),
    "open_set_runs": (("model", "date", "machine", "command"), _runs),
}
