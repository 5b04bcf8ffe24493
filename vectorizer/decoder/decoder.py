"""Decodes in a process that is ended when a picture takes too much."""

import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from math import inf

import numpy as np
from numpy.typing import NDArray

from vectorizer.decoder import messages
from vectorizer.decoder.forking import Template
from vectorizer.decoder.messages import Header, header_from
from vectorizer.decoder.processor_time import allowed, used_by
from vectorizer.decoder.shared_memory import SharedMemory, create
from vectorizer.decoding.budget import LargePictureError
from vectorizer.decoding.picture import CHANNELS, MEDIA_TYPES, DecodedImage
from vectorizer.problems import Busy, DeadlineExceeded, ImageMissing, ImageTooCostly, ImageTooLarge, ImageUnreadable

OnRestart = Callable[[str], object]
"""Gets why a decoder was replaced: `time`, `deadline`, `crash`, `nonsense` or `gone`."""

_LOOK_MILLISECONDS = 50
"""How often the processor time of a decoder is looked at."""

_MAX_SECONDS = 120.0
"""A decoder that has neither answered nor used its processor time by then does not work at all."""

_LARGE_BYTES = 40_000_000
"""Pixels of a picture after which memory is given back."""

_LARGE_FILE_BYTES = 16_000_000

_START_SECONDS = 10.0

_MESSAGE_SECONDS = 1.0
"""A message is sent at once, so a part of one that has not become a whole one by then never will."""

_KILLED = -signal.SIGKILL
_OUT_OF_TIME = -signal.SIGXCPU

_logger = logging.getLogger(__name__)


class _EndedError(Exception):
    """A decoder has ended by itself. status: as of a process, negative for a signal; None if it is not known."""

    def __init__(self, status: int | None) -> None:
        self.status = status


@dataclass(slots=True)
class _Bounds:
    """When a picture has taken too much: `processor` on the decoder's own clock, `deadline` on `time.monotonic`'s."""

    processor: float
    deadline: float


class Decoder:
    """The decoder of one lane, which uses it from one thread at a time; and the process in which it works now."""

    def __init__(self, template: Template, seconds: float, on_restart: OnRestart = lambda _: None) -> None:
        """seconds: of processor time that a picture may usually take."""
        self._template = template
        self._limits = template.setup.limits
        self._seconds = seconds
        self._on_restart = on_restart
        self._small_limits = replace(self._limits, large=False)
        self._large = False
        self.takes_large = True
        """Whether large images are decoded; otherwise they raise LargePictureError."""
        self.pid: int | None = None
        self.filtered = False
        """Whether the kernel refuses all system calls that decoding does not need."""
        self._descriptor = create(template.setup.shared_bytes)
        self._memory = SharedMemory(self._descriptor, template.setup.shared_bytes)
        self._start()

    def decode(self, data: bytes, deadline: float = inf) -> DecodedImage:
        """Return the image of a file. Its pixels, and those in full, are valid until the next call.

        deadline: on the clock of `time.monotonic`.
        Raises Busy, DeadlineExceeded, ImageTooCostly, and the problems of `vectorizer.images.decode`; LargePictureError
        unless `takes_large`.
        """
        if not data:
            raise ImageMissing
        if len(data) > self._limits.max_bytes:
            raise ImageTooLarge(self._limits.max_bytes)
        try:
            return self._decode(data, deadline)
        except _EndedError as ended:
            if ended.status not in {_KILLED, None}:
                raise ImageUnreadable("image") from ended
        # Somebody else has ended it, perhaps the kernel for the memory of another picture.
        try:
            return self._decode(data, deadline)
        except _EndedError as ended:
            raise ImageTooCostly from ended

    def release(self) -> bool:
        """Give back the memory of the last picture, whose pixels are gone then, unless it was of an ordinary size.

        Tell whether it was larger.
        """
        large, self._large = self._large, False
        if large:
            self._memory.release()
            with suppress(messages.ClosedError):  # the next picture finds out
                messages.send(self._connection, [messages.FORGET])
        return large

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        if self.pid:
            self._template.end(self.pid)
        os.close(self._descriptor)

    def _decode(self, data: bytes, deadline: float) -> DecodedImage:
        self._large = True  # unless decoding says otherwise
        self._memory.put(data)
        seconds = allowed(data, self._seconds)
        bounds = _Bounds(used_by(self.pid or 0) + seconds, deadline)
        try:
            header = self._ask([messages.DECODE, len(data), seconds, self.takes_large], bounds)
        except LargePictureError:
            self._large = False
            raise
        size = CHANNELS * header.width * header.height
        self._large = size > _LARGE_BYTES or len(data) > _LARGE_FILE_BYTES
        pixels = self._memory.pixels(0, header.rows, header.columns)
        return DecodedImage(
            pixels,
            header.width,
            header.height,
            MEDIA_TYPES[header.extension],
            header.extension,
            header.reduction,
            (lambda: pixels) if header.reduction == 1 else partial(self._in_full, header, bounds),
        )

    def _in_full(self, header: Header, bounds: _Bounds) -> NDArray[np.uint8]:
        """Return all pixels of the last image, behind its reduced ones."""
        offset = CHANNELS * header.rows * header.columns
        try:
            full = self._ask([messages.IN_FULL, offset], bounds)
        except _EndedError as ended:
            raise (ImageTooCostly if ended.status in {_KILLED, None} else ImageUnreadable("image")) from ended
        if (full.width, full.height, full.reduction) != (header.width, header.height, 1):
            raise self._nonsense()
        return self._memory.pixels(offset, full.rows, full.columns)

    def _ask(self, message: list[object], bounds: _Bounds) -> Header:
        try:
            messages.send(self._connection, message)
            self._wait(bounds)
            limits = self._limits if self.takes_large else self._small_limits
            return header_from(messages.receive(self._connection, _MESSAGE_SECONDS), limits)
        except messages.ClosedError as error:
            raise self._ended() from error
        except messages.MalformedError as error:
            raise self._nonsense() from error

    def _wait(self, bounds: _Bounds) -> None:
        """Wait for an answer. Raises ImageTooCostly or DeadlineExceeded, with a new process."""
        deadline = min(bounds.deadline, time.monotonic() + _MAX_SECONDS)
        while not self._answers.poll(_LOOK_MILLISECONDS):
            if used_by(self.pid or 0) > bounds.processor:
                self._replace("time")
                raise ImageTooCostly
            if time.monotonic() > deadline:
                self._replace("deadline")
                raise DeadlineExceeded("The deadline passed while the image was decoded; try again in a moment.")

    def _ended(self) -> Exception:
        """Replace a process that has ended, and return what that means for the picture."""
        status = self._replace(None)
        if status == _OUT_OF_TIME:
            self._on_restart("time")
            return ImageTooCostly()
        self._on_restart("gone" if status in {_KILLED, None} else "crash")
        return _EndedError(status)

    def _nonsense(self) -> ImageUnreadable:
        _logger.error("A decoder answered nonsense; it is replaced.")
        self._replace("nonsense")
        return ImageUnreadable("image")

    def _replace(self, reason: str | None) -> int | None:
        """End the process and start another; return the exit status of the old one."""
        self._connection.close()
        status = self._template.end(self.pid) if self.pid else None
        if reason:
            self._on_restart(reason)
        self._start()
        return status

    def _start(self) -> None:
        """Fork a process. Raises Busy if that fails, after which the next picture tries it again."""
        self.pid = None
        try:
            self._connection, other = socket.socketpair()
            with other:
                self.pid = self._template.fork(other, self._descriptor)
            self._answers = select.poll()
            self._answers.register(self._connection, select.POLLIN)
            (self.filtered,) = messages.receive(self._connection, _START_SECONDS)
        except (OSError, messages.ClosedError, messages.MalformedError) as error:
            _logger.warning("No decoder can be started: %r", error)
            raise Busy("No process can be started for the image; try again in a moment.") from error
        if not self.filtered:
            self._template.warn_unfiltered()
