"""A skip that nobody expected fails a run in CI, and only there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT

PYTEST = (sys.executable, "-m", "pytest", "-p", "tests.skipping", "-c", "/dev/null")
ENVIRONMENT = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
EXPECTED, OTHER = "there is a GPU", "somebody forgot to install it"
ALONE, DISTRIBUTED = (), ("-p", "xdist.plugin", "--numprocesses", "1")


@pytest.mark.parametrize(
    ("reason", "ci", "options", "fails"),
    [
        (OTHER, "true", ALONE, True),
        (OTHER, "true", DISTRIBUTED, True),
        (OTHER, "", ALONE, False),
        (EXPECTED, "true", ALONE, False),
    ],
)
@pytest.mark.parametrize("where", ["test", "module"])
def test_skips(tmp_path: Path, where: str, *, reason: str, ci: str, options: tuple[str, ...], fails: bool):
    skip = f"pytest.skip({reason!r}, allow_module_level=True)"
    body = f"def test_a():\n    {skip}" if where == "test" else skip
    (tmp_path / "test_other.py").write_text("def test_b():\n    pass\n")
    (tmp_path / "test_skipping.py").write_text(f"import pytest\n{body}\n")

    run = subprocess.run(
        [*PYTEST, *options, tmp_path],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT, "CI": ci},  # noqa: TID251 - handed on
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == (1 if fails else 0), run.stdout + run.stderr
    assert ("Skipped without a reason of tests/skipping.py" in run.stdout) == fails
    assert (f"test_skipping.py{'::test_a' if where == 'test' else ''}: {reason}" in run.stdout) == fails
