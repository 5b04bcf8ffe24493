"""Frames of a camera, a stream, a video file or a folder of pictures, at a limited rate."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import cv2

from faceserver.camera.capture import Newest, VideoError, duration_seconds, masked, opened
from faceserver.camera.frame import Frame, Incident, Report
from faceserver.camera.gap import GIVE_UP_SECONDS, Gap
from faceserver.file_names import shown
from faceserver.photograph_files import Skipped, pictures_in

__all__ = ["VideoError", "frames"]

_JPEG_QUALITY = 92
_MIN_READABLE_SHARE = 0.9
"""A video whose last frame comes before this share of its length is cut off; lengths are estimates."""


def frames(
    source: str, max_per_second: float, report: Report = lambda _: None, give_up_seconds: float = GIVE_UP_SECONDS
) -> Iterator[Frame]:
    """Yield frames until the source ends. Raises VideoError.

    source: the number of a camera, an address, a file, or a folder whose pictures, in natural order, are the frames.

    Frames of a file are chosen by their time in it, and the file is read as fast as they are consumed. Each frame of a
    camera or a stream is the newest one; those that arrived while the last one was processed are skipped. A camera or a
    stream that breaks off is opened again until it has been gone for `give_up_seconds`.
    """
    interval = 1 / max_per_second
    if Path(source).is_dir():
        yield from _pictures(Path(source), interval, report)
        return
    capture = opened(source)
    seconds = duration_seconds(capture)
    is_live = source.isdecimal() or ("://" in source and seconds is None)
    if is_live:
        yield from _live(source, capture, interval, report, Gap(give_up_seconds))
    else:
        yield from _recorded(source, capture, interval, seconds)


def _pictures(folder: Path, interval_seconds: float, report: Report) -> Iterator[Frame]:
    number = 0

    def skip(skipped: Skipped) -> None:
        sentence = f"{shown(skipped.path)}: skipped. {skipped.reason}"
        report(Incident("skipped", number * interval_seconds, sentence))

    for path in pictures_in(folder, skip):
        try:
            picture = path.read_bytes()
        except OSError as error:
            skip(Skipped(path, f"It cannot be read: {error.strerror}."))
            continue
        yield Frame(number * interval_seconds, picture, name=str(path))
        number += 1
    if not number:
        raise VideoError(f"{shown(folder)} contains no pictures.")


def _recorded(
    source: str, capture: cv2.VideoCapture, interval_seconds: float, length_seconds: float | None
) -> Iterator[Frame]:
    due, last, read_any = 0.0, 0.0, False
    try:
        while True:
            seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if not capture.grab():
                break
            last = seconds
            read, pixels = capture.retrieve() if seconds >= due else (False, None)
            if read and pixels is not None:
                due, read_any = seconds + interval_seconds, True
                yield Frame(seconds, _encoded(pixels))
    finally:
        capture.release()
    if not read_any:
        raise VideoError(f"{masked(source)} contains no pictures.")
    if last and length_seconds and last < _MIN_READABLE_SHARE * length_seconds - 1:
        raise VideoError(f"{masked(source)} can be read only up to {last:.1f} s of its {length_seconds:.1f} s.")


def _live(
    source: str, capture: cv2.VideoCapture | None, interval_seconds: float, report: Report, gap: Gap
) -> Iterator[Frame]:
    begun, seen_any = time.monotonic(), False
    while True:
        for pixels in _read(capture, interval_seconds) if capture else ():
            seconds = time.monotonic() - begun
            if (gone := gap.end()) is not None:
                report(Incident("back", seconds, f"{masked(source)} is back after {gone:.0f} s."))
            seen_any = True
            yield Frame(seconds, _encoded(pixels), is_live=True)
        if not seen_any:
            raise VideoError(f"{masked(source)} gives no pictures.")
        if gap.begin():
            report(Incident("lost", time.monotonic() - begun, f"{masked(source)} broke off; opening it again."))
        if not gap.wait():
            raise VideoError(f"{masked(source)} broke off and did not come back within {gap.max_seconds:.0f} s.")
        capture = None
        with suppress(VideoError):
            capture = opened(source)


def _read(capture: cv2.VideoCapture, interval_seconds: float) -> Iterator[cv2.typing.MatLike]:
    """Yield the newest pictures of a live source until it ends."""
    newest = Newest(capture)
    try:
        while (pixels := newest.wait()) is not None:
            seen = time.monotonic()
            yield pixels
            time.sleep(max(0.0, seen + interval_seconds - time.monotonic()))
    finally:
        newest.stop()


def _encoded(pixels: cv2.typing.MatLike) -> bytes:
    encoded, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not encoded:
        raise VideoError("A picture of the video cannot be encoded as JPEG.")
    return jpeg.tobytes()
