"""The reasons for which tests may be skipped. In CI any other one fails the run.

Elsewhere a skip is only reported: whoever works on a machine with less sees what was not tried.
"""

import os
import re

import pytest

EXPECTED = [
    r"needs ArcFace weights in \.\./shared/models/buffalo_sc",
    r"needs the ArcFace pack and the photographs in \.\./shared",
    r"needs photographs in \.\./shared/data/photos",
    r"needs the files in \.\./shared/cases/hostile",
    r"the photographs beside the checkout are not there",
    r"needs an ONNX Runtime without CUDA",
    r"compreface-sdk cannot be installed here",
    r"there is a GPU",
    r"needs promtool, of Debian's package prometheus",
    r"Other systems have fewer options\.",
    r"Network namespaces need root\.",
    r"Root reads every folder\.",
    r"Mounting a disk needs root\.",
    r"No disk can be mounted here: .*",
    r"There are no network namespaces here: .*",
    r"(ip|haproxy|dnsmasq|pgbouncer|redis-server) is not installed\.",
    r"Not on Citus: .*",
    r"needs FACESERVER_TEST_CITUS, the URL of a coordinator of Citus",
    r"on several servers, no codes are kept in memory",
    r"chromium is not installed: apt install chromium",
    r"the page's checks are not installed: apt install nodejs npm, then npm ci in web/",
]
"""As regular expressions. OpenVINO is not among them: it is installed by `make install` wherever it exists."""


class Skips:
    """Collects the skips of a run that nobody expected."""

    def __init__(self) -> None:
        self.unexpected: list[str] = []

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that was skipped; with xdist, this process hears of those of all others."""
        self._note(report)

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that was skipped."""
        self._note(report)

    @pytest.hookimpl
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run."""
        if self.unexpected and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was skipped, and why."""
        if self.unexpected:
            terminalreporter.section("Skipped without a reason of tests/skipping.py", red=True)
            for line in self.unexpected:
                terminalreporter.line(line)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and isinstance(report.longrepr, tuple):
            reason = report.longrepr[2].removeprefix("Skipped: ")
            if not any(re.fullmatch(expected, reason) for expected in EXPECTED):
                self.unexpected.append(f"{report.nodeid}: {reason}")


def pytest_configure(config: pytest.Config) -> None:
    """Look at skips in CI, in the process that reports."""
    if os.environ.get("CI") and not hasattr(config, "workerinput"):  # noqa: TID251 - no setting of ours
        config.pluginmanager.register(Skips())
