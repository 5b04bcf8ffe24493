"""What a decoder does: it decodes one file after the other until the service closes the connection."""

import socket
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.memory import trim
from vectorizer.decoder import messages
from vectorizer.decoder.confinement import limit_processor_time
from vectorizer.decoder.messages import Header
from vectorizer.decoder.shared_memory import SharedMemory
from vectorizer.decoding.budget import LargePictureError, Limits
from vectorizer.decoding.picture import DecodedImage
from vectorizer.images import decode
from vectorizer.problems import ImageTooCostly, Refused


class Decoding:
    """Decodes files of one service, each at the beginning of the shared memory, and keeps the last reduced one."""

    def __init__(self, memory: SharedMemory, limits: Limits) -> None:
        self._memory = memory
        self._limits = limits
        self._small = replace(limits, large=False)
        self._image: DecodedImage | None = None
        self._rested = False

    def serve(self, connection: socket.socket) -> None:
        """Answer until the service closes the connection, or is gone."""
        with suppress(messages.ClosedError):
            while True:
                match messages.receive(connection, idle=self._rest):
                    case [messages.DECODE, int(length), int(seconds) | float(seconds), bool(large)]:
                        limit_processor_time(seconds)
                        messages.send(connection, self._decoded(length, large=large))
                    case [messages.IN_FULL, int(offset)]:
                        messages.send(connection, self._in_full(offset))
                    case [messages.FORGET]:
                        self._image = None
                        trim()
                    case _:
                        raise messages.MalformedError

    def _rest(self) -> None:
        """Give back what was freed since the last picture."""
        if not self._rested:
            trim()
        self._rested = True

    def _decoded(self, length: int, *, large: bool) -> list[Any]:
        self._image, self._rested = None, False
        try:
            image = decode(self._memory.get(length), self._limits if large else self._small, self._place)
            rows, columns, _ = image.pixels.shape
            self._put(image.pixels, 0)
        except Refused as problem:
            return messages.problem_message(ImageTooCostly() if _lacked_memory(problem) else problem)
        except LargePictureError:
            return [messages.LARGE]
        except MemoryError:
            return messages.problem_message(ImageTooCostly())
        self._image = image if image.reduction > 1 else None  # all of its pixels are there otherwise
        return Header(rows, columns, image.width, image.height, image.extension, image.reduction).pack()

    def _in_full(self, offset: int) -> list[Any]:
        if self._image is None:
            raise messages.MalformedError
        image = self._image
        try:
            self._put(image.in_full(), offset)
        except Exception:  # noqa: BLE001 - it was decoded before, so what fails now is memory, whatever a decoder says
            return messages.problem_message(ImageTooCostly())
        return Header(image.height, image.width, image.width, image.height, image.extension, 1).pack()

    def _place(self, rows: int, columns: int) -> NDArray[np.uint8]:
        return self._memory.pixels(0, rows, columns)

    def _put(self, pixels: NDArray[np.uint8], offset: int) -> None:
        place = self._memory.pixels(offset, *pixels.shape[:2])
        if not np.may_share_memory(place, pixels):  # otherwise they were decoded there
            np.copyto(place, pixels)


def _lacked_memory(problem: BaseException | None) -> bool:
    """Tell whether an error was caused by the limit of memory; each library says it in its own words."""
    while problem is not None:
        if isinstance(problem, MemoryError) or "memory" in str(problem).lower():
            return True
        problem = problem.__cause__ or problem.__context__
    return False
