"""The tables in the documents equal those of the committed records."""

import json

import pytest

from bench.documents.fill import TABLES, draw, fill, read_records
from bench.documents.tables import NOTHING, number
from bench.harness.options import RESULTS
from bench.harness.records import rounded, write
from tests.checkout import ROOT

DOCUMENTS = (
    "docs/performance.md",
    "docs/search.md",
    "docs/thresholds.md",
    "docs/scale.md",
    "docs/accuracy.md",
    "README.md",
)
RECORDS = read_records(ROOT / RESULTS)

OVERHEAD = {
    "file": "overhead-lfw-pack",
    "kind": "overhead",
    "photographs": "lfw",
    "models": "pack",
    "overhead_ms": {"p50": 3.14159, "p95": 7.0, "p99": 1234.5, "longest": 2000.0},
    "median_stage_ms": {"decode": 0.41, "embed": 9.0},
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_hold_the_tables_of_the_records(name):
    document = (ROOT / name).read_text()
    assert fill(document, RECORDS) == document, f"run python -m bench performance {' '.join(DOCUMENTS)}"


def test_every_table_is_in_a_document():
    documents = "".join((ROOT / name).read_text() for name in DOCUMENTS)
    assert not [name for name in TABLES if f"<!-- figures: {name} -->" not in documents]


def test_records_hold_no_path_of_a_machine():
    words = json.dumps(RECORDS).replace('"', " ").split()
    assert not [word for word in words if word.startswith(("/", "file:"))]


def test_a_table_is_drawn_from_the_records_of_its_kind():
    assert draw("overhead", [OVERHEAD, {"kind": "ratio"}]).splitlines() == [
        "| photographs | models | p50 ms | p95 ms | p99 ms | median of the stages, ms |",
        "| --- | --- | --- | --- | --- | --- |",
        "| lfw | pack | 3.14 | 7 | 1,234 | decode 0.41, embed 9 |",
    ]


def test_only_the_text_between_the_marks_is_replaced():
    document = "before\n<!-- figures: overhead -->\nold\n<!-- end -->\nafter\n<!-- figures: gpu -->\n<!-- end -->\n"
    filled = fill(document, [OVERHEAD])
    assert filled.startswith("before\n<!-- figures: overhead -->\n| photographs")
    assert filled.endswith(f"<!-- end -->\nafter\n<!-- figures: gpu -->\n{NOTHING}\n<!-- end -->\n")
    assert fill(filled, [OVERHEAD]) == filled


def test_an_unknown_table_is_an_error():
    with pytest.raises(KeyError, match="speed"):
        fill("<!-- figures: speed -->\n<!-- end -->", [])


@pytest.mark.parametrize(
    ("value", "written"), [(0.0, "0"), (0.01234, "0.0123"), (12.345, "12.3"), (99.96, "100"), (21982.4, "21,982")]
)
def test_numbers_have_three_digits(value, written):
    assert number(value) == written


def test_a_record_is_named_after_its_kind_and_can_be_read(tmp_path):
    write(OVERHEAD, tmp_path / "gpu")
    (tmp_path / "accuracy-lfw-pack.json").write_text("{}")
    [record] = read_records(tmp_path)
    assert record["file"] == "gpu/overhead-lfw-pack"
    assert record["overhead_ms"]["p50"] == 3.142


def test_rounding_leaves_everything_but_floats_alone():
    assert rounded({"a": [1.23456, 2, True, "x", None], "b": (12345.6,)}) == {
        "a": [1.235, 2, True, "x", None],
        "b": [12350.0],
    }
