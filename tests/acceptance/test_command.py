"""Starting and stopping the stack by its command."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest

from tests.calls import learn, recognize
from tests.photographs import astronaut, encoded
from tests.ports import free_port
from tests.stack import Stack, new_stack
from tests.waiting import PATIENCE_SECONDS, wait_until

PORTRAIT = encoded(astronaut())


@pytest.fixture
def new() -> Iterator[Stack]:
    with new_stack() as stack:
        yield stack


def serve(*options: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "faceserver", "serve", *options]
    variables = {**os.environ, **(environment or {})}  # noqa: TID251 - handed on, not read
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False, env=variables)


def is_alive(process: psutil.Process) -> bool:
    """Tell whether it runs; one that has ended may still wait for init to notice."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.timing
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_cleanly(new: Stack, number: signal.Signals):
    new.start()
    running = new.processes()
    assert {"postgres", "python"} <= {name.rstrip("0123456789.") for name in map(psutil.Process.name, running)}

    assert new.stop(number) == 0

    assert [process for process in running if is_alive(process)] == []
    assert not (new.data / "postgres" / "postmaster.pid").exists()
    assert "did not stop" not in new.log
    assert "Traceback" not in new.log


@pytest.mark.timing
def test_a_signal_during_the_first_start_ends_everything():
    with new_stack(prepared=False) as new:
        new.launch()
        wait_until(lambda: len(new.processes()) >= 2)
        running = new.processes()

        assert new.stop() == 0

        assert [process for process in running if is_alive(process)] == []
        new.start()


@pytest.mark.timing
def test_a_killed_supervisor_takes_everything_along_and_the_next_start_works(new: Stack):
    new.start()
    with new.client() as client:
        learn(client, "ann", PORTRAIT)
    running = new.processes()

    new.process.kill()
    new.wait()
    new.start()

    with new.client() as client:
        assert recognize(client, PORTRAIT)["persons"][0]["id"] == "ann"
    wait_until(lambda: not any(process.is_running() for process in running))


@pytest.mark.timing
def test_a_database_left_running_is_replaced(new: Stack):
    new.start()
    database = new.database
    new.process.suspend()  # or it would start the first again while the others are being killed
    for process in [*new.process.children(), new.process]:  # the guard too, which would stop the database
        if process != database:
            process.kill()
    new.wait()
    assert database.is_running()

    new.start()

    assert not database.is_running()


def test_a_used_port_is_said_in_one_sentence(stack: Stack, new: Stack):
    refused = serve("--port", str(stack.port), "--data", str(new.data))

    reason = "address already in use); choose another port with --port."
    assert refused.stderr == f"Cannot listen on 127.0.0.1:{stack.port} ({reason}\n"
    assert refused.returncode == 1
    assert not new.data.exists()


def test_a_used_data_folder_is_said_in_one_sentence(stack: Stack):
    refused = serve("--port", str(free_port()), "--data", str(stack.data))

    assert refused.stderr == f"The data folder {stack.data} is in use by another running stack.\n"
    assert refused.returncode == 1


def test_a_service_that_cannot_start_stops_the_stack_and_gives_its_reason(new: Stack):
    refused = serve("--port", str(new.port), "--data", str(new.data), "--models", "/no/such/folder")

    last = refused.stderr.splitlines()[-1]
    assert last.startswith("The vectorizer cannot start: ")
    assert "/no/such/folder" in last
    assert "Traceback" not in refused.stderr
    assert refused.returncode == 1
    assert not (new.data / "postgres" / "postmaster.pid").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://ann:secret@localhost/faces", "The database URL begins with mysql://, not with postgresql://"),
        ("faces.db", "The database URL is not a URL of PostgreSQL"),
        ("", "The database URL is empty"),
        ("postgresql://ann:secret@127.0.0.1:{port}/faces", "PostgreSQL does not answer at 127.0.0.1:{port} ("),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_one_sentence_before_anything_starts(new: Stack, url: str, said: str):
    port = free_port()
    refused = serve(
        *("--port", str(new.port), "--data", str(new.data), "--database-url", url.format(port=port)),
    )

    assert refused.stderr.startswith(said.format(port=port))
    assert refused.stderr.count("\n") == 1
    assert "secret" not in refused.stderr
    assert refused.returncode == 1
    assert not new.data.exists()


async def note_migration(new: Stack, version: str) -> None:
    """Note in the embedded database of a running stack that a migration was applied."""
    [sockets] = [option for option in new.database.cmdline() if option.startswith("--unix_socket_directories=")]
    connection = await asyncpg.connect(host=sockets.partition("=")[2], user="postgres", database="faceserver")
    try:
        await connection.execute("INSERT INTO schema_migrations VALUES ($1)", version)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("version", "made_by"), [("20261122040710", "an earlier version"), ("29991231000000", "a newer version")]
)
def test_a_data_folder_of_another_version_stops_the_stack_in_one_sentence(new: Stack, version: str, made_by: str):
    new.start()
    asyncio.run(note_migration(new, version))
    new.stop()

    refused = serve("--port", str(new.port), "--data", str(new.data))

    last = refused.stderr.splitlines()[-1]
    assert last.startswith(f"The data folder was made by {made_by} of faceserver")
    assert last.endswith("an empty data folder.")
    assert "Traceback" not in refused.stderr
    assert refused.returncode == 1
    assert not (new.data / "postgres" / "postmaster.pid").exists()


def test_the_environment_is_heeded_and_options_win():
    with new_stack(environment={"FACESERVER_PORT": "1", "FACESERVER_HOST": "localhost"}) as stack:
        stack.start()

        assert f"http://localhost:{stack.port}" in stack.output


def test_a_wrong_setting_is_named():
    refused = serve(environment={"FACESERVER_PORT": "many"})

    assert refused.stderr.startswith("The settings are not valid (port: ")
    assert refused.returncode == 1
