"""Frames of a camera, a stream or a video file, at a limited rate."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2

_JPEG_QUALITY = 92


class VideoError(Exception):
    """A source gives no pictures; the text is a complete sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The bytes of a picture, and its time in seconds since the first."""

    seconds: float
    picture: bytes


def frames(source: str, max_per_second: float) -> Iterator[Frame]:
    """Yield frames until the source ends. Raises VideoError.

    source: the number of a camera, an address, a file, or a folder whose pictures, sorted by name, are the frames.

    Frames of a file are chosen by their time in it, and the file is read as fast as they are consumed. Each frame of a
    camera or a stream is the newest one; those that arrived while the last one was processed are skipped.
    """
    if Path(source).is_dir():
        yield from _pictures(Path(source), 1 / max_per_second)
        return
    is_live = source.isdecimal() or "://" in source
    with _opened(source) as capture:
        yield from (_live if is_live else _recorded)(capture, 1 / max_per_second)


def _pictures(folder: Path, interval_seconds: float) -> Iterator[Frame]:
    for number, path in enumerate(sorted(path for path in folder.iterdir() if path.is_file())):
        yield Frame(number * interval_seconds, path.read_bytes())


@contextmanager
def _opened(source: str) -> Iterator[cv2.VideoCapture]:
    capture = cv2.VideoCapture(int(source) if source.isdecimal() else source)
    try:
        if not capture.isOpened():
            raise VideoError(f"{source} cannot be opened as a camera, a stream or a video.")
        yield capture
    finally:
        capture.release()


def _recorded(capture: cv2.VideoCapture, interval_seconds: float) -> Iterator[Frame]:
    due = 0.0
    while True:
        seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if not capture.grab():
            return
        if seconds < due:
            continue
        read, pixels = capture.retrieve()
        if read:
            due = seconds + interval_seconds
            yield Frame(seconds, _encoded(pixels))


def _live(capture: cv2.VideoCapture, interval_seconds: float) -> Iterator[Frame]:
    newest = _Newest(capture)
    begun = time.monotonic()
    try:
        while (pixels := newest.wait()) is not None:
            seen = time.monotonic()
            yield Frame(seen - begun, _encoded(pixels))
            time.sleep(max(0.0, seen + interval_seconds - time.monotonic()))
    finally:
        newest.stop()


class _Newest:
    """Reads a live source continuously, because it would return buffered pictures otherwise, and keeps the newest."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        self._pixels: cv2.typing.MatLike | None = None
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def wait(self) -> cv2.typing.MatLike | None:
        """Return a picture newer than the last one returned, None when the source has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._pixels is not None or self._ended)
            pixels, self._pixels = self._pixels, None
            return pixels

    def stop(self) -> None:
        """Stop reading; return once the source is released."""
        self._ended = True
        self._thread.join()

    def _read(self) -> None:
        while not self._ended:
            read, pixels = self._capture.read()
            with self._changed:
                self._pixels = pixels if read else self._pixels
                self._ended = self._ended or not read
                self._changed.notify()


def _encoded(pixels: cv2.typing.MatLike) -> bytes:
    encoded, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not encoded:
        raise VideoError("A picture of the video cannot be encoded as JPEG.")
    return jpeg.tobytes()
