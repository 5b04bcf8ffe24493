"""The limit of open files."""

import resource
import subprocess
import sys

import pytest

from serving.resource_limits import max_connections

RAISE = """
import resource
from serving.resource_limits import raise_file_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 128))
assert raise_file_limit() == 128 == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
"""


@pytest.mark.parametrize(
    ("files", "connections"), [(resource.RLIM_INFINITY, 4096), (1_048_576, 4096), (1024, 768), (100, 50)]
)
def test_connections_leave_files_for_everything_else(files: int, connections: int):
    assert max_connections(4096, files) == connections


def test_the_limit_is_raised_to_the_hard_one():
    subprocess.run([sys.executable, "-c", RAISE], check=True)
