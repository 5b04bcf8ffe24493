"""CPU time and memory of real processes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.harness.processes import LOAD_GENERATOR, Usage, cpu_ms_per_image, memory_mb, total, usages

# Uses CPU for 0.3 s in a child that ends, then prints a line and waits.
WORK = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "import time\\nwhile time.process_time() < 0.3: pass"])
print("done", flush=True)
sys.stdin.read()
"""


# Starts such children, as a supervisor does, and ends them when it ends.
SUPERVISOR = """
import subprocess, sys
work, *modules = sys.argv[1:]
pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
children = [subprocess.Popen([sys.executable, "-c", work, module], **pipes) for module in modules]
for child in children:
    child.stdout.readline()
print("done", flush=True)
sys.stdin.read()
for child in children:
    child.communicate()
"""


@contextmanager
def services(*modules: str) -> Iterator[int]:
    """Run processes of these modules under a supervisor; yield its id."""
    command = [sys.executable, "-c", SUPERVISOR, WORK, *modules]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"done\n"
        yield process.pid
        process.communicate()


def test_services_are_identified_and_numbered():
    with services("apiserver", "vectorizer", "apiserver", "another") as supervisor:
        found = usages(supervisor)
    assert set(found) == {LOAD_GENERATOR, "gateway", "gateway 2", "vectorizer"}


def test_the_time_of_children_that_ended_counts():
    with services("vectorizer") as supervisor:
        found = usages(supervisor)
    assert found["vectorizer"].cpu_seconds >= 0.3
    assert found["vectorizer"].memory_bytes > 1e6


def test_own_time_is_reported_as_the_load_generator():
    before = usages(None)
    start = time.process_time()
    while time.process_time() < start + 0.2:
        pass
    assert cpu_ms_per_image(before, usages(None), images=10)[LOAD_GENERATOR] >= 15


def test_cost_is_divided_by_the_images():
    before, after = {"gateway": Usage(1.0, 0)}, {"gateway": Usage(3.0, 0), "vectorizer": Usage(9.0, 0)}
    assert cpu_ms_per_image(before, after, images=4) == {
        "gateway": 500.0
    }  # the vectorizer is new, so there is no earlier value


def test_the_load_generator_is_not_part_of_the_stack():
    assert total({LOAD_GENERATOR: 5.0, "gateway": 1.0, "PostgreSQL": 2.0}) == 3.0
    assert memory_mb({"gateway": Usage(0, 120_000_000)}) == {"gateway": pytest.approx(120)}
