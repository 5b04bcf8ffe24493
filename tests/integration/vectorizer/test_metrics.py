"""The metrics of the vectorizer."""

import socket
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.integration.vectorizer.process import start
from tests.metrics import Samples
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, wait_until


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def vectorizer(model_cache: Path, port: int):
    """One that batches, as on a GPU, with a lane and two places."""
    running = start(model_cache, lanes="1", waiting="1", batch="4", metrics_port=str(port), log_level="error")
    yield running
    running.client.close()
    running.process.terminate()
    _, log = running.process.communicate(timeout=PATIENCE_SECONDS)
    assert log == ""


@pytest.fixture(scope="module")
def photo(group: Image.Image) -> bytes:
    file = BytesIO()
    group.save(file, "JPEG", quality=95)
    return file.getvalue()


def test_images_are_counted_by_outcome(vectorizer, port, photo):
    before = Samples(port)
    assert vectorizer.faces(photo).status_code == 200
    assert vectorizer.faces(b"no image").status_code == 400
    assert vectorizer.client.get("/nothing/here").status_code == 404
    last = {"route": "other", "status": "404", "outcome": "not-found"}
    counted = before("vectorizer_requests_total", **last) + 1
    wait_until(lambda: Samples(port)("vectorizer_requests_total", **last) == counted)
    after = Samples(port)

    def more(name: str, **labels: str) -> float:
        return after(f"vectorizer_{name}", **labels) - before(f"vectorizer_{name}", **labels)

    assert more("requests_total", route="POST /faces", status="200", outcome="ok") == 1
    assert more("requests_total", route="POST /faces", status="400", outcome="invalid-file-format") == 1
    assert more("requests_total", route="other", status="404", outcome="not-found") == 1
    for stage in ("queue", "decode", "detect", "align", "embed"):
        assert more("stage_seconds_count", stage=stage) == 1
    assert more("faces_sum") == 6
    assert more("batch_rows_count", network="detector") >= 1
    assert more("batch_rows_sum", network="embedder") == 6


@pytest.mark.timing
def test_waiting_and_refused_images_are_counted(vectorizer, port, photo):
    host, listening = vectorizer.client.base_url.host, vectorizer.client.base_url.port
    before = Samples(port)("vectorizer_requests_total", route="POST /faces", status="503", outcome="busy")
    senders = [socket.create_connection((host, listening)) for _ in range(2)]
    for sender in senders:  # of an image that is never sent completely
        sender.sendall(b"POST /faces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
    wait_until(lambda: Samples(port)("vectorizer_places_taken") == 2)

    assert vectorizer.faces(photo).status_code == 503
    refused = {"route": "POST /faces", "status": "503", "outcome": "busy"}
    wait_until(lambda: Samples(port)("vectorizer_requests_total", **refused) == before + 1)
    said = Samples(port)
    assert said("vectorizer_places") == said("vectorizer_queue") == 2
    assert said("vectorizer_lanes") == 1
    assert said("vectorizer_lanes_busy") == 0
    for sender in senders:
        sender.close()
    wait_until(lambda: Samples(port)("vectorizer_places_taken") == 0)


@pytest.mark.usefixtures("vectorizer")
def test_info_names_version_models_and_runtime(port):
    assert 'embedder="sface_2021dec@fb143eea0783"' in Samples(port).text
