"""What decoding may cost, and what is refused before a decoder sees it.

Decoders work through as many parts as a file has, often in Python, whatever its pixels. So parts are counted first, by
searches that are as fast as memory or that end at the limit. Each limit is several times what ordinary files have.
"""

from dataclasses import dataclass, field

from vectorizer.decoding.formats import Format
from vectorizer.problems import ImageTooCostly, ImageTooManyPixels

_LARGE_SHARE = 0.5
"""Share of the most pixels that an image may have from which it is large."""

_PADDING = 1.05
"""How many times larger than an image its coded frame may be."""


class LargePictureError(Exception):
    """A large image where only smaller ones are decoded."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest image that is decoded, the formats that are read, and how many faces are embedded.

    max_side: of width and height, pixels. max_faces: the largest ones of a picture. large: whether large images are
    decoded; otherwise they raise LargePictureError.
    """

    max_bytes: int
    max_pixels: int
    max_side: int = 30_000
    formats: frozenset[Format] = field(default_factory=lambda: frozenset(Format))
    max_faces: int = 300
    large: bool = True

    def check_pixels(self, width: int, height: int) -> None:
        """Raise ImageTooManyPixels if an image has too many, or is too long; or LargePictureError."""
        if width * height > self.max_pixels:
            raise ImageTooManyPixels(width, height, f"more than the {self.max_pixels:,} allowed")
        if max(width, height) > self.max_side:
            raise ImageTooManyPixels(width, height, f"more than {self.max_side:,} on its longer side")
        self._check_large(width, height)

    def check_coded(self, width: int, height: int) -> None:
        """Raise ImageTooManyPixels if a coded frame, padded to whole blocks, has too many; or LargePictureError."""
        if width * height > _PADDING * self.max_pixels or max(width, height) > _PADDING * self.max_side:
            self.check_pixels(width, height)
        self._check_large(width, height)

    def _check_large(self, width: int, height: int) -> None:
        if not self.large and width * height > _LARGE_SHARE * self.max_pixels:
            raise LargePictureError


def check_count(count: float, limit: float, what: str) -> None:
    """Raise ImageTooCostly if there are more than `limit` of `what`."""
    if count > limit:
        raise too_many(limit, what)


def too_many(limit: float, what: str) -> ImageTooCostly:
    """Return the problem of a file that has more than `limit` of `what`."""
    return ImageTooCostly(
        f"The image has more than {limit:,.0f} {what}, which costs too much to decode; save it again, for instance as "
        "an ordinary JPEG."
    )
