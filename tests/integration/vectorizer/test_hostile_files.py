"""Small files that cost decoders much, as they were found: refused, or decoded in little memory."""

from resource import RUSAGE_SELF, getrusage

import pytest

from tests.checkout import SHARED
from vectorizer.images import Limits, decode
from vectorizer.problems import ImageTooCostly, ImageTooManyPixels, Refused

FILES = SHARED / "cases" / "hostile"
LIMITS = Limits(max_bytes=32_000_000, max_pixels=67_000_000)

if not FILES.is_dir():
    pytest.skip("needs the files in ../shared/cases/hostile", allow_module_level=True)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("jpeg_progressive_300_scans.jpg", ImageTooCostly),
        ("jpeg_progressive_3000_scans.jpg", ImageTooCostly),
        ("jpeg_exif_segments_0.6mb.jpg", ImageTooCostly),
        ("tiff_60000_warnings.tif", ImageTooCostly),
        ("tiff_tile_1.6gb_lzw_1kb.tif", ImageTooManyPixels),
        ("avif_262mp_says_64x64.avif", ImageTooManyPixels),
        ("png_1x50m.png", ImageTooManyPixels),
    ],
)
def test_what_is_refused_is_not_decoded(name: str, problem: type[Refused]):
    data = (FILES / name).read_bytes()
    before = getrusage(RUSAGE_SELF).ru_maxrss
    with pytest.raises(problem):
        decode(data, LIMITS)
    assert getrusage(RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


@pytest.mark.parametrize("name", ["png_50mp_16bit_grey.png", "webp_50mp_1.7kb.webp"])
def test_what_is_decoded_takes_ten_bytes_a_pixel(name: str):
    data = (FILES / name).read_bytes()
    before = getrusage(RUSAGE_SELF).ru_maxrss
    image = decode(data, LIMITS)
    assert (getrusage(RUSAGE_SELF).ru_maxrss - before) * 1000 < 10 * image.width * image.height
