"""One trace from the gateway to the vectorizer and to PostgreSQL; its id in log lines and problems."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import asyncpg
import httpx
import pytest

from apiserver.jobs.records import enqueue
from apiserver.telemetry.tracing import without_literals
from tests.calls import accepted
from tests.checkout import ROOT
from tests.integration.apiserver.conftest import wait_until_ready
from tests.integration.apiserver.counting_worker import STEPS
from tests.ports import free_port
from tests.servers.receiver import Receiver, Span, receiver
from tests.waiting import PATIENCE_SECONDS, until, wait_until

PARENT = "00f067aa0ba902b7"


class Traced:
    """A gateway and a vectorizer, as processes that log JSON and send their traces to a receiver."""

    def __init__(self, received: Receiver, folder: Path, environment: dict[str, str]) -> None:
        self.received = received
        self.trace = ""
        self.port, self.vectorizer_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._shared = {
            "HOME": str(Path.home()),
            "OTEL_EXPORTER_OTLP_ENDPOINT": received.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        vectorizer = {"VECTORIZER_PORT": str(self.vectorizer_port), "VECTORIZER_LOG_FORMAT": "json"}
        gateway = {
            "APISERVER_PORT": str(self.port),
            "APISERVER_VECTORIZER_URLS": f"http://127.0.0.1:{self.vectorizer_port}",
            "APISERVER_IMAGE_STORE_URL": f"file://{folder}/images",
            "APISERVER_LOG_FORMAT": "json",
        }
        self.processes = [self._run("vectorizer", vectorizer), self._run("apiserver", gateway | environment)]
        wait_until_ready(self.url, self.processes[1])

    def _run(self, module: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self._folder / module).open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module], cwd=ROOT, env=self._shared | environment, stderr=log
            )

    def begin(self) -> Self:
        """Begin another trace."""
        self.trace = uuid4().hex
        return self

    @property
    def headers(self) -> dict[str, str]:
        """Headers of a request of the trace."""
        return {"traceparent": f"00-{self.trace}-{PARENT}-01"}

    @property
    def spans(self) -> list[Span]:
        """What was received of the trace."""
        return self.received.of(self.trace)

    def log(self, module: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self._folder / module).read_text().splitlines()]

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            assert process.wait(PATIENCE_SECONDS) in {0, -15}


@pytest.fixture(scope="module")
def running(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    environment = {"APISERVER_DATABASE_URL": shared_database_url, "APISERVER_FACADES": "rekognition"}
    with receiver() as received:
        running = Traced(received, tmp_path_factory.mktemp("traced"), environment)
        yield running
        running.stop()


@pytest.fixture
def traced(running: Traced) -> Traced:
    """The services, and a trace of this test alone."""
    return running.begin()


def post(traced: Traced, path: str, photograph: bytes, **fields: str) -> httpx.Response:
    files = {"file": ("a.jpg", photograph)}
    return httpx.post(
        f"{traced.url}{path}",
        data=fields,
        files=files,
        headers=traced.headers,
        trust_env=False,
        timeout=PATIENCE_SECONDS,
    )


def test_one_trace_from_the_client_to_the_database(traced: Traced, ann: bytes):
    accepted(post(traced, "/learn", ann, person="Ann", directory="Secret Club"))
    stages = ["queue", "decode", "detect", "align", "embed"]
    last = {"POST /learn", "POST /faces"}
    wait_until(lambda: last <= {span.name for span in traced.spans})
    spans = traced.spans

    def the(service: str, name: str) -> Span:
        [found] = [span for span in spans if (span.service, span.name) == (f"faceserver-{service}", name)]
        return found

    asked, hop, served = the("gateway", "POST /learn"), the("gateway", "POST"), the("vectorizer", "POST /faces")
    assert asked.parent == PARENT
    assert hop.parent == asked.id
    assert served.parent == hop.id
    assert [span.name for span in spans if span.parent == served.id] == stages
    statements = [span for span in spans if span.attributes.get("db.system.name") == "postgresql"]
    assert {span.parent for span in statements} == {asked.id}
    assert any("INSERT INTO faces" in str(span.attributes["db.query.text"]) for span in statements)
    assert all(asked.start <= span.start <= span.end for span in spans)
    assert "Secret" not in str(spans)
    assert not any(span.failed for span in spans)


def test_its_id_is_in_problems_and_in_log_lines(traced: Traced):
    refused = post(traced, "/recognize", b"no photograph")
    missing = httpx.get(f"{traced.url}/files/none", headers=traced.headers, trust_env=False)
    untraced = httpx.get(f"{traced.url}/nothing", trust_env=False)

    assert refused.json()["trace_id"] == missing.json()["trace_id"] == traced.trace
    assert len(untraced.json()["trace_id"]) == 32  # a trace begins here
    assert untraced.json()["trace_id"] != traced.trace
    lines = {
        line["message"].partition(" ")[0]: line for line in traced.log("apiserver") if line["trace_id"] == traced.trace
    }
    assert lines.keys() >= {"POST", "GET"}
    assert lines["POST"]["request_id"] == refused.json()["request_id"]
    assert lines["POST"]["level"] == "INFO"
    everything = traced.log("apiserver") + traced.log("vectorizer")
    assert {"uvicorn.error", "apiserver.http.request_log", "vectorizer"} <= {line["logger"] for line in everything}
    assert all({"time", "level", "logger", "request_id", "trace_id", "message"} <= line.keys() for line in everything)


def test_neither_names_nor_queries_are_in_spans_and_log_lines(traced: Traced):
    paths = ("/directories/Secret%20Club/persons/Ann%20Secret", "/directories/Secret%20Club", "/mistyped/Ann%20Secret")
    for path in paths:
        asked = httpx.get(f"{traced.url}{path}?metadata=Secret", headers=traced.headers, trust_env=False)
        assert asked.is_client_error
    wait_until(lambda: len(traced.spans) >= len(paths))
    spans = [span for span in traced.spans if "http.request.method" in span.attributes]
    lines = [line["message"] for line in traced.log("apiserver") if line["trace_id"] == traced.trace]

    assert "Secret" not in str(spans) + str(lines)
    assert [span.attributes["url.query"] for span in spans] == ["-"] * len(paths)
    shown = [str(span.attributes["url.path"]) for span in spans]
    assert [re.sub("[0-9a-f]{10}", "…", path) for path in shown] == [
        "/directories/~…/persons/~…",
        "/directories/~…",
        "~…",
    ]
    assert shown[0].startswith(f"{shown[1]}/"), "the same name is the same"
    assert [line.split()[1] for line in lines] == shown


def test_operations_of_one_route_have_spans_and_log_lines_of_their_own(traced: Traced):
    for target in ("RekognitionService.ListCollections", "RekognitionService.AnnsSecret"):
        httpx.post(f"{traced.url}/", headers=traced.headers | {"X-Amz-Target": target}, json={}, trust_env=False)
    wait_until(lambda: {"POST / ListCollections", "POST / unknown"} <= {span.name for span in traced.spans})
    lines = [line["message"] for line in traced.log("apiserver") if line["trace_id"] == traced.trace]

    assert [line.partition(" ms")[0].split()[:4] for line in lines] == [
        ["POST", "/", "ListCollections", "200"],
        ["POST", "/", "unknown", "400"],
    ]
    assert "Secret" not in str(traced.spans) + str(lines)


def test_what_an_orchestrator_asks_is_in_no_trace(traced: Traced):
    httpx.get(f"{traced.url}/health/ready", headers=traced.headers, trust_env=False)
    httpx.get(f"{traced.url}/version", headers=traced.headers, trust_env=False)
    wait_until(lambda: bool(traced.spans))

    assert [span.name for span in traced.spans] == ["GET /version"]


async def test_a_run_of_a_job_is_a_trace(database_url: str, tmp_path: Path):
    connection = await asyncpg.connect(database_url)
    await connection.execute(STEPS)
    await enqueue(connection, "count", arguments={"to": 1})
    await connection.close()
    environment = {
        "APISERVER_DATABASE_URL": database_url,
        "APISERVER_IMAGE_STORE_URL": f"file://{tmp_path}/images",
    }
    with receiver() as received:
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = received.url
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.apiserver.counting_worker", cwd=ROOT, env=environment
        )
        await until(lambda: any(span.name == "job count" for span in received.spans))
        worker.terminate()
        assert await asyncio.wait_for(worker.wait(), PATIENCE_SECONDS) == 0

    [run] = [span for span in received.spans if span.name == "job count"]
    assert (run.service, run.parent) == ("faceserver-worker", "")
    statements = [span for span in received.of(run.trace) if span.parent == run.id]
    assert any("INTO steps" in str(span.attributes["db.query.text"]) for span in statements)


def test_a_collector_that_is_gone_holds_up_nobody(database_url: str, tmp_path: Path, ann: bytes):
    gone = Receiver(free_port())
    running = Traced(gone, tmp_path, {"APISERVER_DATABASE_URL": database_url}).begin()
    accepted(post(running, "/recognize", ann))
    running.stop()
    assert not [line for line in running.log("apiserver") if line["level"] == "ERROR" and "exc_info" in line]


@pytest.mark.parametrize("module", ["apiserver", "apiserver.worker", "vectorizer"])
def test_without_the_extra_the_sentence_says_what_to_install(module: str):
    program = (
        f"import runpy, sys; sys.modules['opentelemetry.sdk'] = None; runpy.run_module('{module}', None, '__main__')"
    )
    environment = {
        "HOME": str(Path.home()),
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
        "APISERVER_DATABASE_URL": "postgresql:///nowhere",
        "APISERVER_IMAGE_STORE_URL": "memory:///",
    }
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("Traces need the packages of requirements/traces.txt")


def test_without_an_endpoint_nothing_of_the_sdk_is_imported():
    program = """
import sys
import apiserver.worker, serving.logs
assert not [name for name in sys.modules if name.startswith("opentelemetry")], "a worker needs not even the API"
import apiserver.__main__, vectorizer.__main__
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter", "requests"))])
"""
    assert subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True) == "[]\n"


def test_a_statement_is_told_without_its_literals():
    query = "SELECT 1\n  FROM faces WHERE directory = 'it''s' AND model = E'a\\'b' AND person = $1"
    assert without_literals(query) == "SELECT 1 FROM faces WHERE directory = ? AND model = ? AND person = $1"
