"""CPU time and memory of real processes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from bench.processes import LOAD_GENERATOR, Usage, cpu_ms_per_image, memory_mb, total, usages

# Burns CPU for 0.3 s in a child that ends, then says so and waits.
WORK = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "import time\\nwhile time.process_time() < 0.3: pass"])
print("done", flush=True)
sys.stdin.read()
"""


@contextmanager
def service(module: str) -> Iterator[None]:
    command = [sys.executable, "-c", WORK, module]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"done\n"
        yield
        process.communicate()


def test_services_are_told_apart_and_numbered():
    with ExitStack() as stack:
        for module in ("apiserver", "vectorizer", "apiserver", "another"):
            stack.enter_context(service(module))
        found = usages(os.getpid())
    assert set(found) == {LOAD_GENERATOR, "gateway", "gateway 2", "vectorizer"}


def test_the_time_of_children_that_ended_counts():
    with service("vectorizer"):
        found = usages(os.getpid())
    assert found["vectorizer"].cpu_seconds >= 0.3
    assert found["vectorizer"].memory_bytes > 1e6


def test_own_time_is_the_load_generator_s():
    before = usages(None)
    start = time.process_time()
    while time.process_time() < start + 0.2:
        pass
    assert cpu_ms_per_image(before, usages(None), images=10)[LOAD_GENERATOR] >= 15


def test_cost_is_divided_by_the_images():
    before, after = {"gateway": Usage(1.0, 0)}, {"gateway": Usage(3.0, 0), "vectorizer": Usage(9.0, 0)}
    assert cpu_ms_per_image(before, after, images=4) == {"gateway": 500.0}  # the vectorizer is new: nothing to compare


def test_the_load_generator_is_no_part_of_the_stack():
    assert total({LOAD_GENERATOR: 5.0, "gateway": 1.0, "PostgreSQL": 2.0}) == 3.0
    assert memory_mb({"gateway": Usage(0, 120_000_000)}) == {"gateway": pytest.approx(120)}
