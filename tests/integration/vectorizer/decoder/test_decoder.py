"""Decoding in a process of its own, which ends when a picture takes too much."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from tests.checkout import ROOT, SHARED
from tests.unit.vectorizer.image_files import LIMITS, PHOTO, encoded
from tests.waiting import wait_until
from vectorizer.decoder.decoder import Decoder
from vectorizer.decoder.forking import Template
from vectorizer.decoder.setup import Setup
from vectorizer.decoder.shared_memory import bytes_needed
from vectorizer.decoding.budget import LargePictureError
from vectorizer.images import decode
from vectorizer.problems import DeadlineExceeded, ImageTooCostly, ImageUnreadable, Refused

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Other systems have fewer options.")

HOSTILE = sorted(
    path
    for path in (SHARED / "cases" / "hostile").glob("*")
    if path.suffix in {".jpg", ".png", ".tif", ".webp", ".avif"}
)

pillow_heif.register_heif_opener()


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A PNG of some kilobytes with 64 million pixels."""
    return encoded(Image.new("L", (8000, 8000)), "PNG")


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    template = Template(Setup(LIMITS, 700_000_000, bytes_needed(LIMITS)))
    yield template
    template.close()


@pytest.fixture
def restarts() -> list[str]:
    return []


@pytest.fixture
def decoder(template: Template, restarts: list[str]) -> Iterator[Decoder]:
    decoder = Decoder(template, 60, restarts.append)
    yield decoder
    decoder.close()


def memory_of(pid: int | None, *kinds: str) -> int:
    """The memory of a process that is in use, without what it shares with the template's files, kilobytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(kinds or ("RssAnon", "RssShmem")))


LARGE = PHOTO.resize((3900, 1200))
TURNED = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"

PICTURES = {
    "jpeg": encoded(PHOTO, "JPEG"),
    "large jpeg": encoded(LARGE, "JPEG"),
    "large turned jpeg": encoded(LARGE, "JPEG", exif=TURNED),
    "progressive jpeg": encoded(PHOTO, "JPEG", progressive=True),
    "jpeg without its end": encoded(LARGE, "JPEG")[:-2000],
    "cmyk jpeg": encoded(PHOTO.convert("CMYK"), "JPEG"),
    "png": encoded(PHOTO, "PNG"),
    "png without its end": encoded(PHOTO, "PNG")[:-400],
    "palette png": encoded(PHOTO.convert("P"), "PNG"),
    "transparent png": encoded(PHOTO.convert("RGBA"), "PNG"),
    "deep png": encoded(PHOTO.convert("I;16"), "PNG"),
    "webp": encoded(PHOTO, "WEBP"),
    "webp without its end": encoded(PHOTO, "WEBP", lossless=True)[:-300],
    "avif": encoded(PHOTO, "AVIF"),
    "tiff": encoded(PHOTO, "TIFF"),
    "deflated tiff": encoded(PHOTO, "TIFF", compression="tiff_adobe_deflate"),
    "float tiff": encoded(PHOTO.convert("F"), "TIFF"),
    "bmp": encoded(PHOTO, "BMP"),
    "gif": encoded(PHOTO, "GIF"),
    "heic": encoded(PHOTO, "HEIF"),
    "large png": encoded(LARGE, "PNG", compress_level=1),
    "large turned png": encoded(LARGE, "PNG", compress_level=1, exif=TURNED),
    "large webp": encoded(LARGE, "WEBP", method=0),
    "large turned webp": encoded(LARGE, "WEBP", method=0, exif=TURNED),
    "large webp without its end": encoded(LARGE, "WEBP", method=0)[:-300],
}


NO_PICTURES = {"text": b"no image", "half a jpeg": encoded(PHOTO, "JPEG")[:5000]}


@pytest.mark.parametrize("name", PICTURES)
def test_it_decodes_what_this_process_decodes(decoder: Decoder, restarts: list[str], name: str):
    assert decoder.filtered
    expected, decoded = decode(PICTURES[name], LIMITS), decoder.decode(PICTURES[name])

    assert np.array_equal(decoded.pixels, expected.pixels)
    assert np.array_equal(decoded.in_full(), expected.in_full())
    assert np.array_equal(decoded.pixels, expected.pixels)
    for field in ("width", "height", "media_type", "extension", "reduction"):
        assert getattr(decoded, field) == getattr(expected, field)
    assert restarts == []


@pytest.mark.parametrize("name", NO_PICTURES)
def test_it_refuses_what_this_process_refuses(decoder: Decoder, restarts: list[str], name: str):
    with pytest.raises(Refused) as expected:
        decode(NO_PICTURES[name], LIMITS)
    with pytest.raises(type(expected.value)) as raised:
        decoder.decode(NO_PICTURES[name])

    assert raised.value.sentence == expected.value.sentence
    assert restarts == []


def test_a_picture_that_takes_too_long_is_refused(template: Template, restarts: list[str], bomb: bytes):
    decoder = Decoder(template, 0.05, restarts.append)
    first = decoder.pid
    with pytest.raises(ImageTooCostly):
        decoder.decode(bomb)

    assert restarts == ["time"]
    assert decoder.pid != first
    assert not Path(f"/proc/{first}").exists()
    assert decoder.decode(PICTURES["png"]).width == PHOTO.width
    decoder.close()


def test_a_picture_that_takes_too_much_memory_is_refused(restarts: list[str], bomb: bytes):
    template = Template(Setup(LIMITS, 100_000_000, bytes_needed(LIMITS)))
    decoder = Decoder(template, 60, restarts.append)
    with pytest.raises(ImageTooCostly):
        decoder.decode(bomb)

    assert restarts == []
    assert decoder.decode(PICTURES["png"]).width == PHOTO.width
    decoder.close()
    template.close()


@pytest.mark.timing
def test_a_picture_is_given_up_at_its_deadline(decoder: Decoder, restarts: list[str]):
    first = decoder.pid
    assert first
    os.kill(first, signal.SIGSTOP)
    with pytest.raises(DeadlineExceeded):
        decoder.decode(PICTURES["png"], time.monotonic())

    assert restarts == ["deadline"]
    assert not Path(f"/proc/{first}").exists()
    assert decoder.decode(PICTURES["png"]).width == PHOTO.width


def test_a_decoder_that_somebody_ends_is_replaced_unnoticed(decoder: Decoder, restarts: list[str]):
    assert decoder.pid
    os.kill(decoder.pid, signal.SIGKILL)

    assert decoder.decode(PICTURES["jpeg"]).width == PHOTO.width
    assert restarts == ["gone"]


def test_a_crash_is_the_pictures_fault(decoder: Decoder, restarts: list[str]):
    assert decoder.pid
    os.kill(decoder.pid, signal.SIGSEGV)
    with pytest.raises(ImageUnreadable):
        decoder.decode(PICTURES["jpeg"])

    assert restarts == ["crash"]
    assert decoder.decode(PICTURES["jpeg"]).width == PHOTO.width


def test_without_the_process_that_forks_them_there_is_soon_another(restarts: list[str]):
    template = Template(Setup(LIMITS, 700_000_000, bytes_needed(LIMITS)))
    decoders = [Decoder(template, 60, restarts.append) for _ in range(2)]
    os.kill(template.pid, signal.SIGKILL)
    wait_until(lambda: not any(Path(f"/proc/{decoder.pid}").exists() for decoder in decoders))

    for decoder in decoders:
        assert decoder.decode(PICTURES["jpeg"]).width == PHOTO.width
        decoder.close()
    assert restarts == ["gone", "gone"]
    template.close()


def test_a_large_picture_leaves_no_memory_taken(decoder: Decoder, bomb: bytes):
    decoder.decode(PICTURES["large jpeg"]).in_full()
    decoder.release()
    usual = memory_of(decoder.pid)
    decoder.decode(bomb)
    assert memory_of(decoder.pid) > 3 * usual
    decoder.release()

    wait_until(lambda: memory_of(decoder.pid) < 1.2 * usual)


def test_a_decoder_without_work_keeps_no_memory(restarts: list[str]):
    template = Template(Setup(LIMITS, 700_000_000, bytes_needed(LIMITS), idle_seconds=0.05))
    decoder = Decoder(template, 60, restarts.append)
    decoder.decode(PICTURES["jpeg"])
    usual = memory_of(decoder.pid, "RssAnon")
    decoder.decode(encoded(PHOTO.resize((4000, 3000)), "PNG", compress_level=1))
    assert not decoder.release()

    wait_until(lambda: memory_of(decoder.pid, "RssAnon") < 1.2 * usual)
    assert decoder.decode(PICTURES["jpeg"]).width == PHOTO.width
    assert restarts == []
    decoder.close()
    template.close()


@pytest.mark.parametrize("name", ["large jpeg", "large png", "heic"])
def test_a_large_picture_is_decoded_once_it_may_be(restarts: list[str], name: str):
    limits = replace(LIMITS, max_pixels=LARGE.width * LARGE.height if "large" in name else PHOTO.width * PHOTO.height)
    template = Template(Setup(limits, 700_000_000, bytes_needed(limits)))
    decoder = Decoder(template, 60, restarts.append)
    decoder.takes_large = False
    with pytest.raises(LargePictureError):
        decoder.decode(PICTURES[name])
    assert not decoder.release()

    decoder.takes_large = True
    assert np.array_equal(decoder.decode(PICTURES[name]).pixels, decode(PICTURES[name], limits).pixels)
    assert restarts == []
    decoder.close()
    template.close()


def test_the_template_sees_no_model_and_has_no_thread(template: Template, decoder: Decoder):
    decoder.decode(PICTURES["large jpeg"])  # by now the template has loaded its libraries
    mapped = Path(f"/proc/{template.pid}/maps").read_text()
    assert "cv2" in mapped
    assert not any(name in mapped for name in ("onnx", "openvino"))
    assert len(list(Path(f"/proc/{template.pid}/task").iterdir())) == 1


_SERVICE = """
import sys, time
sys.path.insert(0, {root!r})
from tests.unit.vectorizer.image_files import LIMITS
from vectorizer.decoder.decoder import Decoder
from vectorizer.decoder.forking import Template
from vectorizer.decoder.setup import Setup
from vectorizer.decoder.shared_memory import bytes_needed
template = Template(Setup(LIMITS, 700_000_000, bytes_needed(LIMITS)))
decoder = Decoder(template, 60)
print(template.pid, decoder.pid, flush=True)
if sys.argv[1] == "busy":
    decoder.decode(sys.stdin.buffer.read({length}))
time.sleep(1000)
"""


@pytest.mark.timing
@pytest.mark.parametrize("state", ["idle", "busy"])
def test_nothing_is_left_of_a_service_that_is_killed(bomb: bytes, state: str):
    service = subprocess.Popen(
        [sys.executable, "-c", _SERVICE.format(root=str(ROOT), length=len(bomb)), state],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert service.stdin
    assert service.stdout
    pids = service.stdout.readline().split()
    if state == "busy":
        os.kill(int(pids[1]), signal.SIGSTOP)  # with the picture that it never decodes
        service.stdin.write(bomb)
        service.stdin.flush()
    service.kill()
    service.communicate()

    wait_until(lambda: not any(Path(f"/proc/{pid.decode()}").exists() for pid in pids))


@pytest.mark.skipif(not HOSTILE, reason="the photographs beside the checkout are not there")
def test_after_hostile_pictures_it_decodes_the_next(template: Template):
    decoder = Decoder(template, 0.5)
    for path in HOSTILE:
        with suppress(Refused):
            decoder.decode(path.read_bytes(), inf)
        decoder.release()
        assert decoder.decode(PICTURES["jpeg"]).width == PHOTO.width, path.name
    decoder.close()
