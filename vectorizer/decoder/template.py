"""The process that decoders are forked from: it has loaded the decoders' libraries, and nothing else.

Loading them takes a quarter of a second, forking some milliseconds. The service itself is never forked: it has threads,
and a decoder would see its models and requests.
"""

import gc
import importlib
import os
import pickle
import signal
import socket
import sys
import warnings
from contextlib import suppress
from io import BytesIO
from typing import Any, NoReturn

import cv2
import pi_heif
from PIL import AvifImagePlugin, Image

from serving.memory import function_of_libc
from vectorizer.decoder import messages
from vectorizer.decoder.confinement import confine, die_first, die_with_parent, keep_only
from vectorizer.decoder.process import Decoding
from vectorizer.decoder.setup import FAILED, FORK, MESSAGE_BYTES, NICENESS, UNKNOWN, Setup
from vectorizer.decoder.shared_memory import SharedMemory
from vectorizer.decoding.budget import Limits
from vectorizer.images import decode

_WRITTEN = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")
"""Formats of which a small image is decoded before the first fork: some libraries load parts on first use."""

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""The GNU C library's numbers of its parameters."""

_LARGE_BYTES = 32 << 20
"""The largest block that the library lets be an ordinary one."""

_KEPT_BYTES = 192 << 20
"""How much freed memory it keeps."""

_set_option = function_of_libc("mallopt")

_LOADED_LATE = ("encodings.latin_1", "encodings.utf_16", "PIL.MpoImagePlugin", "PIL.TiffTags", "PIL.ImageSequence")


def main(descriptor: int) -> None:
    """Fork decoders on request until the service is gone; then end those that are left."""
    control = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service that stops finishes what it has begun
    die_first()
    _prepare()
    children: set[int] = set()
    try:
        _serve(control, pickle.loads(_first(control)), children)  # noqa: S301 - from the service, which is trusted
    finally:
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        os._exit(0)  # taking the libraries apart takes time


def _first(control: socket.socket) -> bytes:
    setup: bytes = messages.receive(control)[0]
    return setup


def _serve(control: socket.socket, setup: Setup, children: set[int]) -> None:
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 2)
        if len(request) < MESSAGE_BYTES:
            return
        pid = int.from_bytes(request, signed=True)
        if pid == FORK:
            answer = _forked(setup, *descriptors)
            children |= {answer} - {FAILED}
        else:
            answer = _ended(pid) if pid in children else UNKNOWN
            children.discard(pid)
        control.sendall(answer.to_bytes(MESSAGE_BYTES, signed=True))


def _ended(pid: int) -> int:
    """End a decoder and return its exit status, negative if a signal has ended it, perhaps before."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def _forked(setup: Setup, connection: int, memory: int) -> int:
    try:
        pid = os.fork()
    except OSError:  # the other decoders continue
        pid = FAILED
    if not pid:
        _decode(setup, connection, memory)
    os.close(connection)
    os.close(memory)
    return pid


def _decode(setup: Setup, connection: int, memory: int) -> NoReturn:
    """Be a decoder, and end."""
    status = 1
    try:
        die_with_parent()
        if sys.platform == "linux":
            os.nice(NICENESS)
        keep_only(connection, memory)
        service, shared = socket.socket(fileno=connection), SharedMemory(memory, setup.shared_bytes)
        messages.limit_waiting(service, setup.idle_seconds)
        filtered = confine(setup.memory_bytes, setup.shared_bytes)
        messages.send(service, [filtered])
        Decoding(shared, setup.limits).serve(service)
        status = 0
    finally:
        os._exit(status)


def _prepare() -> None:
    """Load all that decoders need, for they can open no file. Nothing may start a thread, which forks would lack."""
    warnings.simplefilter("ignore")  # a file can cause tens of thousands
    _keep_freed()
    cv2.setNumThreads(0)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    pi_heif.options.DECODE_THREADS = 1
    Image.init()
    for name in _LOADED_LATE:
        importlib.import_module(name)
    image = Image.new("RGB", (16, 16))
    limits = Limits(1 << 20, 1 << 20)
    for name in _WRITTEN:
        file = BytesIO()
        image.save(file, name)
        for data in (file.getvalue(), file.getvalue()[:-20]):
            with suppress(Exception):  # the second one is incomplete, and not each format can be written everywhere
                _use(decode(data, limits))
    gc.collect()
    gc.freeze()  # collections would write to, and so copy, memory that all decoders share


def _keep_freed() -> None:
    """Keep freed memory for the next picture; fetching it from the system again takes as long as decoding."""
    _set_option(_MMAP_THRESHOLD, _LARGE_BYTES)
    _set_option(_TRIM_THRESHOLD, _KEPT_BYTES)


def _use(image: Any) -> None:  # noqa: ANN401 - any decoded image
    image.in_full()
