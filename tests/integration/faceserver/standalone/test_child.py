"""Child processes of the supervisor, as real processes."""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faceserver.problems import StartError
from faceserver.standalone.child import Child, Program, hanging
from faceserver.standalone.guard import Guard
from serving.http_server.health import Health, health_served
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, until

pytestmark = pytest.mark.timing

SLEEP = "import time; time.sleep(3600)"


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard() as guard:
        yield guard


def python(code: str, **options: Any) -> Program:
    return Program(name="child", command=[sys.executable, "-I", "-c", code], **options)


async def failure(child: Child) -> StartError:
    """Return the reason why the child cannot start, once it has ended."""
    failures: list[StartError] = []

    async def failed() -> bool:
        try:
            await child.check()
        except StartError as error:
            failures.append(error)
        return bool(failures)

    await until(failed)
    return failures[0]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; print('loading', flush=True); sys.exit('The models are gone.')", "The models are gone."),
        ("raise ValueError('no such pack')", "ValueError: no such pack"),
        ("raise SystemExit(3)", "exit status 3"),
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
    ],
)
async def test_the_last_line_of_a_child_is_the_reason(guard: Guard, code: str, reason: str):
    child = Child(python(code), guard)
    await child.start()

    assert str(await failure(child)) == f"The child cannot start: {reason}"


async def test_the_output_of_a_child_is_passed_on(guard: Guard, capfdbinary: pytest.CaptureFixture[bytes]):
    child = Child(python("import sys; print('out'); sys.stderr.write('50%\\r100%\\n')"), guard)
    await child.start()
    await failure(child)

    said = capfdbinary.readouterr()
    assert said.out == b""
    assert b"50%\r100%\n" in said.err
    assert b"out\n" in said.err


async def test_a_child_that_ignores_sigterm_is_killed_after_its_deadline(
    guard: Guard, caplog: pytest.LogCaptureFixture, tmp_path: Path
):
    deaf = tmp_path / "deaf"
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    child = Child(python(f"{ignore}; open({str(deaf)!r}, 'w').close(); {SLEEP}", stop_seconds=0.5), guard)
    await child.start()
    await until(deaf.exists)

    begun = time.monotonic()
    await child.stop()

    assert time.monotonic() - begun > 0.4
    assert "The child did not stop within 0.5 s and was killed." in caplog.text


async def test_a_failing_child_is_restarted_with_growing_delays(guard: Guard, caplog: pytest.LogCaptureFixture):
    child = Child(python("raise SystemExit(7)"), guard)
    await child.start()
    with caplog.at_level(logging.WARNING):
        child.keep()
        await until(lambda: len(caplog.records) >= 3)
        await child.stop()

    assert [record.message for record in caplog.records[:3]] == [
        f"The child exited unexpectedly (exit status 7); restarting it in {delay} s." for delay in ("0.2", "0.4", "0.8")
    ]


async def test_a_child_that_never_started_stops_at_once(guard: Guard):
    await Child(python(SLEEP), guard).stop()


def test_the_guard_ends_the_remaining_processes_only():
    command = [sys.executable, "-I", "-c", SLEEP]
    with subprocess.Popen(command) as left, subprocess.Popen(command) as forgotten:
        with Guard() as guard:  # closing the pipe ends it, as when the supervisor dies
            guard.watch(left.pid, signal.SIGKILL)
            guard.watch(forgotten.pid, signal.SIGKILL)
            guard.forget(forgotten.pid)

        assert left.wait(PATIENCE_SECONDS) == -signal.SIGKILL
        assert forgotten.poll() is None
        forgotten.kill()


HEALTH = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503)
        self.end_headers()
        self.wfile.write(b'{{"status": "{status}"}}')
http.server.HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"""


async def test_a_child_whose_event_loop_hangs_is_started_again(guard: Guard):
    port = free_port()
    child = Child(python(HEALTH.format(status="stalled", port=port), health_port=port, watch_seconds=0.05), guard)
    await child.start()
    first = child.pid
    await until(lambda: hanging(port))
    child.keep()
    await until(lambda: child.pid != first)
    await child.stop()


@pytest.mark.parametrize("stalls", [True, False])
async def test_only_a_service_that_has_started_and_stopped_turning_hangs(stalls: bool):
    health, port = Health(0.001 if stalls else PATIENCE_SECONDS), free_port()
    assert not await hanging(port)
    with health_served(health, "127.0.0.1", port):
        assert not await hanging(port), "it has not started"
        health.turned()
        if stalls:
            await until(lambda: hanging(port))
        else:
            assert not await hanging(port)


async def test_a_held_child_waits_until_it_is_released(guard: Guard, tmp_path: Path):
    begun, done = tmp_path / "begun", tmp_path / "done"
    code = f"import sys; open({str(begun)!r}, 'w').close(); sys.stdin.read(); open({str(done)!r}, 'w').close(); {SLEEP}"
    child = Child(python(code), guard)
    await child.start(held=True)
    await until(begun.exists)
    assert not done.exists()
    child.release()
    await until(done.exists)
    await child.stop()
