"""A measurement of a running stack, from the photographs to the report."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from tests import photographs
from tests.checkout import ROOT
from tests.stack import Stack, new_stack

PAIRS = """file_x,file_y,Decision,fold
ann/1.jpg,ann/2.jpg,Yes,1
ann/1.jpg,bo/1.jpg,No,1
bo/1.jpg,bo/2.jpg,Yes,2
ann/2.jpg,bo/2.jpg,No,2
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with new_stack() as stack:
        yield stack.start()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people with two photographs each, one photograph of a crowd, and one without a face."""
    folder = tmp_path_factory.mktemp("measured") / "office"
    for person, image in (("ann", photographs.astronaut()), ("bo", photographs.actor())):
        save(image, folder / person / "1.jpg")
        save(ImageOps.mirror(image), folder / person / "2.jpg")
    save(photographs.six_people(), folder / "crowd" / "1.jpg")
    save(photographs.nobody(), folder / "nobody" / "1.jpg")
    (folder / "pairs.csv").write_text(PAIRS)
    return folder


def save(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(photographs.encoded(image, quality=95))


def measure(*arguments: object, secret: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench.accuracy.measure", *map(str, arguments)]
    environment = {**os.environ, "VECTORIZER_SECRET": secret}  # noqa: TID251 - handed on
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def report(stack: Stack, folder: Path) -> Any:
    environment = stack.child("vectorizer").environ()
    vectorizer, secret = f"http://127.0.0.1:{environment['VECTORIZER_PORT']}", environment["VECTORIZER_SECRET"]
    written = folder.parent / "written"
    addresses = ("--vectorizer", vectorizer, "--gateway", stack.url)
    run = measure(
        folder, "--pairs", folder / "pairs.csv", *addresses, "--results", written, "--plots", written, secret=secret
    )
    assert run.returncode == 0, run.stderr
    assert "**Identification (1:N)" in run.stdout
    assert (written / "accuracy-office-sface_2021dec.svg").read_text().count("<svg") == 1
    return json.loads((written / "accuracy-office-sface_2021dec.json").read_text())


def test_counts_photographs_and_those_without_a_face(report):
    assert report["photographs"] == 6
    assert report["photographs_with_several_faces"] == 1
    assert report["failures_to_enrol"] == {"nobody/1.jpg": "no-face"}


def test_judges_the_table_of_pairs(report):
    assert report["pair_table"]["folds"]["accuracies"] == [1.0, 1.0]
    assert report["pair_table"]["match"]["accuracy"] == 1.0


def test_judges_all_pairs(report):
    """Six photographs make fifteen pairs, too few to observe the rates on which thresholds are based."""
    measured = report["all_pairs"]
    assert (measured["rates"]["genuine_pairs"], measured["rates"]["impostor_pairs"]) == (2, 13)
    assert measured["match"] == {"threshold": report["model"]["thresholds"]["match"], "fmr": 0.0, "fnmr": 0.0}
    assert measured["at_fmr"]["1e-5"] is None
    assert {measured["least_alike_genuine"][0][name] for name in ("first", "second")} <= {
        *("ann/1.jpg", "ann/2.jpg"),
        *("bo/1.jpg", "bo/2.jpg"),
    }


def test_names_the_enrolled_and_no_stranger(report):
    found = report["identification"]
    assert (found["enrolled_people"], found["mated_searches"], found["non_mated_searches"]) == (2, 2, 2)
    assert found["mated_decisions"] == {"match": 1.0}
    assert found["non_mated_decisions"] == {"unknown": 1.0}


def test_the_command_to_repeat_it_has_no_paths_of_this_machine(report):
    origin = report["provenance"]
    assert origin["command"].startswith("python -m bench accuracy ..")
    assert str(Path.home()) not in json.dumps(report)
    assert origin["service"]["active"]["embedder"] == report["model"]["id"]


def test_a_folder_without_comparisons_is_refused(tmp_path):
    save(photographs.actor(), tmp_path / "1.jpg")
    run = measure(tmp_path)
    assert run.returncode == 2
    assert "sub-folder" in run.stderr
