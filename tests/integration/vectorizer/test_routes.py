"""The vectorizer as a process, over a real socket."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from io import BytesIO
from pathlib import Path

import httpx
import msgpack
import numpy as np
import pytest
from PIL import Image

from tests.integration.vectorizer.process import Vectorizer, start
from tests.waiting import PATIENCE_SECONDS

MAX_BYTES = 3_000_000


@pytest.fixture(scope="module")
def vectorizer(model_cache: Path) -> Iterator[Vectorizer]:
    running = start(model_cache, max_image_bytes=str(MAX_BYTES), lanes="2", waiting="2")
    yield running
    running.client.close()
    running.process.terminate()
    _, log = running.process.communicate(timeout=PATIENCE_SECONDS)
    assert "Traceback" not in log


@pytest.fixture(scope="module")
def photo(group: Image.Image) -> bytes:
    file = BytesIO()
    group.save(file, "JPEG", quality=95)
    return file.getvalue()


def test_faces_for_the_gateway(vectorizer: Vectorizer, photo: bytes):
    response = vectorizer.faces(photo)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/msgpack"
    answer = msgpack.unpackb(response.content)
    assert answer["image"] == {
        "media_type": "image/jpeg",
        "extension": "jpg",
        "width": 1280,
        "height": 886,
        "orientation": 0,
    }
    assert answer["model"]["id"] == "sface_2021dec@fb143eea0783"
    assert answer["model"]["thresholds"]["match"] > answer["model"]["thresholds"]["review"]
    assert 0 < answer["model"]["recognizability_floor"] < 1
    assert set(answer["timings"]) == {"queue", "decode", "detect", "align", "embed"}
    assert len(answer["faces"]) == 6
    scores = [face["score"] for face in answer["faces"]]
    assert scores == sorted(scores, reverse=True)
    for face in answer["faces"]:
        embedding = np.frombuffer(face["embedding"], "<f4")
        assert embedding.shape == (answer["model"]["dimension"],)
        assert abs(np.linalg.norm(embedding) - 1) < 1e-5
        assert np.frombuffer(face["landmarks"], "<f4").shape == (10,)
        assert answer["model"]["recognizability_floor"] < face["recognizability"] <= 1
        assert not {"crop", "quality"} & set(face)


def test_the_largest_faces_and_how_many_more(vectorizer: Vectorizer, photo: bytes):
    answer = msgpack.unpackb(vectorizer.client.post("/faces?max_faces=2", content=photo).content)
    assert (len(answer["faces"]), answer["faces_omitted"]) == (2, 4)
    assert_problem(vectorizer.client.post("/faces?max_faces=0", content=photo), 422, "invalid-request")


def test_a_format_that_is_switched_off(model_cache: Path):
    running = start(model_cache, image_formats="jpeg,heic", max_faces="2")
    try:
        refused = running.faces(b"\x89PNG\r\n\x1a\n")
        assert "image/png: this service is set to read JPEG, HEIC only" in assert_problem(
            refused, 400, "invalid-file-format"
        )
    finally:
        running.client.close()
        running.process.terminate()
        running.process.communicate(timeout=PATIENCE_SECONDS)


def test_quality_on_request(vectorizer: Vectorizer, photo: bytes):
    for face in msgpack.unpackb(vectorizer.faces(photo, "quality").content)["faces"]:
        assert face["quality"]["sharpness"] > 0
        assert 0 < face["quality"]["brightness"] < 1
        assert "crop" not in face


def test_crops_on_request(vectorizer: Vectorizer, photo: bytes):
    for face in msgpack.unpackb(vectorizer.faces(photo, "crops").content)["faces"]:
        crop = Image.open(BytesIO(face["crop"]))
        assert (crop.format, crop.size) == ("JPEG", (112, 112))
        assert "quality" not in face


def test_crops_and_quality_together(vectorizer: Vectorizer, photo: bytes):
    for face in msgpack.unpackb(vectorizer.faces(photo, "crops", "quality").content)["faces"]:
        assert {"crop", "quality"} <= set(face)


def test_an_unknown_want_is_refused(vectorizer: Vectorizer, photo: bytes):
    sentence = assert_problem(vectorizer.faces(photo, "crops", "beauty"), 422, "invalid-request")
    assert "'crops', 'quality' or 'picture'" in sentence


def test_a_crop_is_embedded_as_the_face_it_was_cut_from(vectorizer: Vectorizer, photo: bytes):
    for face in msgpack.unpackb(vectorizer.faces(photo, "crops").content)["faces"]:
        [again] = msgpack.unpackb(vectorizer.client.post("/crops", content=face["crop"]).content)["faces"]
        one, other = (np.frombuffer(each["embedding"], "<f4") for each in (face, again))
        assert one @ other > 0.99, "what is lost is the crop's JPEG compression"
        assert (again["box"], again["crop"]) == ([0, 0, 112, 112], face["crop"])


def test_an_image_that_is_not_an_aligned_face_is_refused(vectorizer: Vectorizer, photo: bytes):
    refused = vectorizer.client.post("/crops", content=photo)
    assert (refused.status_code, refused.json()["code"]) == (422, "not-aligned")
    assert vectorizer.client.post("/crops", content=b"-").json()["code"] == "invalid-file-format"


def test_boxes_are_whole_pixels_inside_the_image(vectorizer: Vectorizer, group: Image.Image):
    """The crop cuts through faces at all four sides."""
    file = BytesIO()
    group.crop((100, 100, 1180, 440)).save(file, "PNG")
    answer = msgpack.unpackb(vectorizer.faces(file.getvalue()).content)
    assert len(answer["faces"]) >= 4
    for face in answer["faces"]:
        left, top, right, bottom = face["box"]
        assert all(isinstance(side, int) for side in face["box"])
        assert 0 <= left < right <= 1080
        assert 0 <= top < bottom <= 340


def test_a_turned_photograph_has_the_same_boxes(vectorizer: Vectorizer, group: Image.Image):
    exif = Image.Exif()
    exif[0x0112] = 6
    file = BytesIO()
    group.transpose(Image.Transpose.ROTATE_90).save(file, "PNG", exif=exif)
    turned = msgpack.unpackb(vectorizer.faces(file.getvalue()).content)
    file = BytesIO()
    group.save(file, "PNG")
    upright = msgpack.unpackb(vectorizer.faces(file.getvalue()).content)
    assert turned["image"]["width"] == 1280
    assert [face["box"] for face in turned["faces"]] == [face["box"] for face in upright["faces"]]


def test_vectorize_for_people(vectorizer: Vectorizer, photo: bytes):
    assert vectorizer.client.get("/vectorize").text == "OK"
    answer = vectorizer.client.post("/vectorize", files={"file": ("t1.jpg", photo)}).json()
    assert len(answer) == 6
    assert all(set(face) == {"box", "vector", "score"} for face in answer)
    assert all(len(face["vector"]) == 128 for face in answer)


def test_models_state_their_allowed_use(vectorizer: Vectorizer):
    answer = vectorizer.client.get("/models").json()
    licences = {model["name"]: (model["licence"], model["allowed_use"]) for model in answer["models"]}
    assert licences["sface_2021dec"] == ("Apache-2.0", "any")
    assert licences["yunet_2023mar"] == ("MIT", "any")
    assert licences["w600k_r50"][1] == "non-commercial research"
    assert answer["active"] == {"detector": "yunet_2023mar@49f000ec501f", "embedder": "sface_2021dec@fb143eea0783"}


def assert_problem(response: httpx.Response, status: int, code: str) -> str:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["request_id"] == response.headers["x-request-id"]
    detail: str = problem["detail"]
    return detail


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "image-missing"),
        (b"not a photograph", 400, "invalid-file-format"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), 422, "image-unreadable"),
        (bytes(MAX_BYTES + 1), 413, "image-too-large"),
    ],
)
def test_bad_images(vectorizer: Vectorizer, data: bytes, status: int, code: str):
    assert_problem(vectorizer.faces(data), status, code)


def test_other_bad_requests(vectorizer: Vectorizer):
    assert_problem(vectorizer.client.get("/nothing"), 404, "not-found")
    assert_problem(vectorizer.client.get("/faces"), 405, "method-not-allowed")
    assert_problem(vectorizer.client.post("/vectorize", data={"file": "no file"}), 400, "image-missing")
    torn = {"content-type": "multipart/form-data"}
    assert_problem(vectorizer.client.post("/vectorize", content=b"torn", headers=torn), 400, "bad-request")
    too_much = {"file": ("big.jpg", bytes(MAX_BYTES + 100_000))}
    assert_problem(vectorizer.client.post("/vectorize", files=too_much), 413, "image-too-large")


def test_request_ids_are_returned_if_they_are_valid(vectorizer: Vectorizer):
    kept = vectorizer.client.get("/version", headers={"X-Request-ID": "abc-123_d.e:f"})
    assert kept.headers["x-request-id"] == "abc-123_d.e:f"
    for odd in ("a b;c", "a" * 65):
        answer = vectorizer.client.get("/version", headers={"X-Request-ID": odd})
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


def begin_upload(vectorizer: Vectorizer, *headers: str) -> socket.socket:
    """Begin an upload of 1000 bytes; return its connection, on which the server has requested the body."""
    connection = socket.create_connection((vectorizer.client.base_url.host, vectorizer.client.base_url.port))
    connection.settimeout(PATIENCE_SECONDS)
    lines = ("POST /faces HTTP/1.1", "Host: localhost", "Expect: 100-continue", *headers, "", "")
    connection.sendall("\r\n".join(lines).encode())
    go_on = b"HTTP/1.1 100 Continue\r\n\r\n"
    assert connection.recv(len(go_on)) == go_on
    return connection


@pytest.mark.timing
async def test_an_image_beyond_the_slots_is_refused_at_once(vectorizer: Vectorizer, photo: bytes):
    with ExitStack() as uploads:
        headers = ("Content-Length: 1000",)
        begun = [uploads.enter_context(begin_upload(vectorizer, *headers)) for _ in range(4)]  # one for each slot
        async with httpx.AsyncClient(base_url=vectorizer.client.base_url, timeout=PATIENCE_SECONDS) as client:
            responses = await asyncio.gather(*(client.post("/faces", content=photo) for _ in range(30)))
        for upload in begun:
            upload.sendall(bytes(1000))
            assert upload.recv(12) == b"HTTP/1.1 400"
    for response in responses:
        assert_problem(response, 503, "busy")
        assert response.headers["retry-after"] == "1"
    assert vectorizer.faces(photo).status_code == 200


def test_answers_do_not_depend_on_concurrent_requests(vectorizer: Vectorizer, photo: bytes):
    def vectors(_: int) -> list[bytes]:
        return [face["embedding"] for face in msgpack.unpackb(vectorizer.faces(photo).content)["faces"]]

    with ThreadPoolExecutor(2) as threads:
        first, *others = threads.map(vectors, range(8))
    assert all(other == first for other in others)


@pytest.mark.timing
def test_a_body_that_does_not_arrive_releases_its_slot_at_its_deadline(vectorizer: Vectorizer, photo: bytes):
    headers = "Content-Length: 1000", "X-Deadline-Ms: 3000"
    stalled = [begin_upload(vectorizer, *headers) for _ in range(4)]  # one for each slot
    for connection in stalled:
        connection.sendall(b"the beginning")
    assert [connection.recv(12) for connection in stalled] == [b"HTTP/1.1 504"] * 4
    assert vectorizer.faces(photo).status_code == 200
    for connection in stalled:
        connection.close()


@pytest.mark.timing
def test_images_in_progress_are_finished_after_sigterm(model_cache: Path, photo: bytes):
    running = start(model_cache)
    with ExitStack() as stack:
        uploads = [stack.enter_context(begin_upload(running, f"Content-Length: {len(photo)}")) for _ in range(4)]
        running.process.terminate()
        for upload in uploads:
            upload.sendall(photo)
        assert [upload.recv(12) for upload in uploads] == [b"HTTP/1.1 200"] * 4
    _, log = running.process.communicate(timeout=PATIENCE_SECONDS)
    running.client.close()
    assert running.process.returncode == -signal.SIGTERM  # uvicorn ends by the received signal when it has finished
    assert "Application shutdown complete" in log


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"models": "nobody"}, "There is no model pack 'nobody'"),
        ({"provider": "cuda"}, "cannot run on 'cuda'"),
        ({"port": "70000"}, "less than or equal to 65535"),
    ],
)
def test_a_start_that_fails_is_explained(model_cache: Path, settings: dict[str, str], sentence: str):
    environment = {f"VECTORIZER_{name.upper()}": value for name, value in settings.items()}
    finished = subprocess.run(
        [sys.executable, "-m", "vectorizer"],
        env={"PATH": "/usr/bin:/bin", "VECTORIZER_MODEL_CACHE": str(model_cache)} | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert finished.returncode in {1, 2}
    assert sentence in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Host": "evil.example"}, 421, "host-not-accepted"),
        ({"Origin": "http://evil.example"}, 403, "origin-not-allowed"),
        ({"Sec-Fetch-Site": "cross-site"}, 403, "origin-not-allowed"),
        ({"Host": "localhost"}, 200, None),
    ],
)
def test_web_pages_cannot_call(vectorizer: Vectorizer, photo: bytes, headers: dict[str, str], status: int, code: str):
    for path, sent in (("/vectorize", {"files": {"file": photo}}), ("/faces", {"content": photo})):
        answer = vectorizer.client.post(path, headers=headers, **sent)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")
        assert code is None or answer.json()["code"] == code


@pytest.mark.timing
@pytest.mark.parametrize("path", ["/faces", "/vectorize"])
def test_a_body_that_drips_is_given_up_although_it_never_pauses(dripped: Vectorizer, path: str):
    with socket.create_connection((dripped.client.base_url.host, dripped.client.base_url.port)) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
        connection.sendall(head.encode() + b"Content-Type: multipart/form-data; boundary=edge\r\n\r\n--edge\r\n")
        connection.settimeout(0.02)
        answer = b""
        while not answer:
            connection.send(b"x")
            with suppress(TimeoutError):
                answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.fixture(scope="module")
def dripped(model_cache: Path) -> Iterator[Vectorizer]:
    """A vectorizer with little patience."""
    running = start(model_cache, lanes="1", upload_timeout_seconds="0.5")
    yield running
    running.client.close()
    running.process.terminate()
    running.process.communicate(timeout=PATIENCE_SECONDS)
