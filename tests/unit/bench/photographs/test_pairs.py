"""Reading tables of labelled pairs."""

from pathlib import Path

import pytest

from bench.photographs.pairs import Pair, read_pairs


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "pairs.csv"
    path.write_text(text, newline="")
    return path


def test_reads_both_formats(tmp_path):
    folded = table(tmp_path, "file_x,file_y,Decision,fold\na/1.jpg,a/2.jpg,Yes,1\na/1.jpg,b/1.jpg,No,2\n")
    assert read_pairs(folded) == [Pair("a/1.jpg", "a/2.jpg", True, "1"), Pair("a/1.jpg", "b/1.jpg", False, "2")]

    plain = table(tmp_path, "file_x,file_y,Decision\r\na.jpg,b.jpg,No\r\n")
    assert read_pairs(plain) == [Pair("a.jpg", "b.jpg", False, None)]


def test_reads_what_a_spreadsheet_saves(tmp_path):
    assert read_pairs(table(tmp_path, "\ufefffile_x,file_y,Decision\r\na.jpg,b.jpg,Yes")) == [
        Pair("a.jpg", "b.jpg", True, None)
    ]


def test_names_the_missing_columns(tmp_path):
    with pytest.raises(ValueError, match=r"no column Decision, file_y"):
        read_pairs(table(tmp_path, "file_x,other\na.jpg,b.jpg\n"))


@pytest.mark.parametrize("line", ["a.jpg,b.jpg,yes", "a.jpg,,Yes", "a.jpg,b.jpg"])
def test_names_the_line_that_cannot_be_read(tmp_path, line):
    with pytest.raises(ValueError, match=r"pairs\.csv, line 3"):
        read_pairs(table(tmp_path, f"file_x,file_y,Decision\na.jpg,b.jpg,Yes\n{line}\n"))
