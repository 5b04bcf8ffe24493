"""What `make check` looks for, as tests, so that it shares the cores with the others and the report with them."""

import os
import subprocess

import pytest

from tests.checkout import ROOT

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # noqa: TID251 - handed on
"""Without what the make that runs the tests was told."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("check", ["types", "lint", "format", "imports", "page"])
def test_nothing_is_found(check: str):
    if check == "page" and not (ROOT / "web/node_modules/.bin/tsc").exists():
        pytest.skip("the page's checks are not installed: apt install nodejs npm, then npm ci in web/")
    found = subprocess.run(
        ["make", "--no-print-directory", check], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )

    assert found.returncode == 0, found.stdout + found.stderr
