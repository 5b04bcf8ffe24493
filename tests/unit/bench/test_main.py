"""`python -m bench` lists every program and runs it with its own options."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import bench
from bench.__main__ import PROGRAMS, application, summary

BENCH = Path(bench.__file__).parent


def runnable() -> set[str]:
    """Return the modules that can be run by `python -m`."""
    return {
        ".".join(path.relative_to(BENCH.parent).with_suffix("").parts)
        for path in BENCH.rglob("*.py")
        if 'if __name__ == "__main__":' in path.read_text()
    }


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=BENCH.parent, capture_output=True, text=True, check=False)


def test_every_program_is_listed():
    assert sorted(PROGRAMS.values()) == sorted(runnable() - {"bench.__main__"})


@pytest.mark.parametrize("module", PROGRAMS.values())
def test_a_program_has_a_summary_of_one_sentence(module):
    assert summary(module).endswith(".")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_has_a_command_line(name):
    helped = CliRunner().invoke(application(name), ["--help"])
    assert helped.exit_code == 0
    assert "--help" in helped.output


def test_the_list_names_programs_with_their_summaries():
    listed = run()
    assert listed.returncode == 0
    assert [line.split()[0] for line in listed.stdout.splitlines() if line.startswith("  ")] == [*PROGRAMS]
    assert summary("bench.search.sizes") in listed.stdout


def test_a_program_gets_its_options():
    printed = run("calibrate", "bench/results/accuracy-lfw-dev-w600k_mbf.json")
    assert printed.returncode == 0
    assert "thresholds = { match = 0.3541, review = 0.2975 }" in printed.stdout


def test_an_unknown_program_is_refused():
    refused = run("speed")
    assert refused.returncode == 1
    assert "There is no program 'speed'" in refused.stderr
