"""What a service writes to standard error."""

import json
import subprocess
import sys

PROGRAM = """
import logging, warnings
from serving.logs import configure_logging
from serving.settings import ServiceSettings

configure_logging(ServiceSettings(log_format="json"), logging.Filter())
for tag in range(100):
    warnings.warn(f"Tag {tag} had too many entries")
logging.getLogger("here").info("done", extra={"correlation_id": "-"})
"""


def test_warnings_of_libraries_are_not_in_the_log():
    written = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env={}).stderr
    assert json.loads(written)["message"] == "done"
