"""Opening cameras, streams and videos with OpenCV, which would print every difficulty of its decoders to stderr."""

import os
import re
import threading

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # noqa: TID251 - for FFmpeg, which reads it when it is loaded

import cv2

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_CREDENTIALS = re.compile(r"(?<=://)[^/]*@")  # a password may contain @


class VideoError(Exception):
    """A source gives no pictures, or no more; the text is a complete sentence."""


def masked(source: str) -> str:
    """Return the name of a source without a password."""
    return _CREDENTIALS.sub("", source)


def opened(source: str) -> cv2.VideoCapture:
    """Return an opened source, to be released. Raises VideoError."""
    capture = cv2.VideoCapture(int(source) if source.isdecimal() else source)
    if not capture.isOpened():
        capture.release()
        raise VideoError(f"{masked(source)} cannot be opened as a camera, a stream or a video.")
    return capture


def duration_seconds(capture: cv2.VideoCapture) -> float | None:
    """Return the length of a video, None if it has no end, as a camera or a stream."""
    frames, rate = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    return frames / rate if frames > 0 and rate > 0 else None


class Newest:
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
        """Stop reading and release the source."""
        self._ended = True
        self._thread.join()
        self._capture.release()

    def _read(self) -> None:
        read = True
        while read and not self._ended:
            try:
                read, pixels = self._capture.read()
            except cv2.error:
                read = False
            with self._changed:
                self._pixels = pixels if read else self._pixels
                self._ended = self._ended or not read
                self._changed.notify()
