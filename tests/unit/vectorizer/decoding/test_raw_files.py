"""RAW files of cameras are refused, whatever preview they have; other TIFFs are not taken for their previews."""

import numpy as np
import pytest
from PIL import Image

from tests.unit.vectorizer.image_files import LIMITS, PHOTO, Page, encoded, tiff
from vectorizer.images import decode
from vectorizer.problems import InvalidFileFormat

PREVIEW = PHOTO.resize((50, 60))
SENSOR = PHOTO.convert("L")
REDUCED, PHOTOMETRIC, MAKE, CFA_PATTERN, DNG_VERSION, ORIENTATION = 254, 262, 271, 33422, 50706, 274
Fields = dict[int, int | bytes]
CFA, LINEAR_RAW = 32803, 34892


def refused(data: bytes, media_type: str) -> None:
    with pytest.raises(InvalidFileFormat, match=f"^Invalid file format {media_type}: this is a camera's RAW file, .*"):
        decode(data, LIMITS)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("sensor", "version", "media_type"),
    [
        ({PHOTOMETRIC: CFA}, {DNG_VERSION: b"\1\4\0\0"}, "image/x-adobe-dng"),
        ({PHOTOMETRIC: LINEAR_RAW}, {DNG_VERSION: b"\1\4\0\0"}, "image/x-adobe-dng"),
        ({PHOTOMETRIC: CFA}, {MAKE: b"NIKON CORPORATION\0"}, "image/x-nikon-nef"),
        ({PHOTOMETRIC: CFA}, {MAKE: b"SONY\0"}, "image/x-sony-arw"),
        ({CFA_PATTERN: 0x00010102}, {MAKE: b"Unheard of\0"}, "image/x-raw"),
        ({PHOTOMETRIC: LINEAR_RAW}, {}, "image/x-raw"),
    ],
)
def test_sensor_values_below_a_preview(order: str, sensor: Fields, version: Fields, media_type: str):
    page = Page(PREVIEW, {REDUCED: 1, **version}, below=(Page(SENSOR, sensor),))
    refused(tiff(page, order=order), media_type)


def test_a_preview_that_does_not_say_that_it_is_one():
    refused(tiff(Page(PREVIEW, below=(Page(PREVIEW, {REDUCED: 1}), Page(SENSOR, {PHOTOMETRIC: CFA})))), "image/x-raw")


def test_sensor_values_on_a_page_after_the_preview():
    refused(tiff(Page(PREVIEW, {REDUCED: 1}), Page(SENSOR, {PHOTOMETRIC: CFA})), "image/x-raw")


def test_sensor_values_on_the_first_page():
    refused(tiff(Page(SENSOR, {PHOTOMETRIC: CFA, MAKE: b"PENTAX\0"}), Page(PREVIEW)), "image/x-pentax-pef")


@pytest.mark.parametrize(
    ("beginning", "media_type"),
    [
        (b"II*\0\x10\0\0\0CR\x02\0", "image/x-canon-cr2"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "image/x-canon-cr3"),
        (b"II\x1a\0\0\0HEAPCCDR", "image/x-canon-crw"),
        (b"FUJIFILMCCD-RAW 0201", "image/x-fuji-raf"),
        (b"IIU\0\x18\0\0\0", "image/x-panasonic-rw2"),
        (b"IIRO\x08\0\0\0", "image/x-olympus-orf"),
        (b"MMOR\0\0\0\x08", "image/x-olympus-orf"),
        (b"FOVb\0\0\2\0", "image/x-sigma-x3f"),
        (b"\0MRM\0\0\0\0", "image/x-minolta-mrw"),
    ],
)
def test_makers_with_structures_of_their_own(beginning: bytes, media_type: str):
    """They have whole JPEG files inside."""
    refused(beginning + bytes(100) + encoded(PHOTO, "JPEG"), media_type)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "pages",
    [
        (Page(PHOTO), Page(PREVIEW, {REDUCED: 1})),
        (Page(PREVIEW, {REDUCED: 1}), Page(PHOTO)),
        (Page(PREVIEW, {255: 2}), Page(PHOTO, {255: 1})),
        (Page(PREVIEW, {REDUCED: 1}), Page(PREVIEW, {REDUCED: 4}), Page(PHOTO)),
        (Page(PREVIEW, {REDUCED: 1}, below=(Page(PHOTO),)),),
        (Page(PREVIEW, below=(Page(PHOTO),)),),
        (Page(PHOTO, below=(Page(PREVIEW, {REDUCED: 1}),)),),
        (Page(PHOTO), Page(PHOTO.rotate(180).resize((400, 480)))),
        (Page(PHOTO, {REDUCED: 1}),),
        (Page(PHOTO, {MAKE: b"NIKON CORPORATION\0"}),),
    ],
    ids=[
        "preview-last",
        "preview-first",
        "old-tag",
        "mask",
        "below",
        "below-unsaid",
        "pyramid",
        "pages",
        "alone",
        "make",
    ],
)
def test_the_photograph_of_other_tiffs(order: str, pages: tuple[Page, ...]):
    assert np.array_equal(decode(tiff(*pages, order=order), LIMITS).pixels, np.asarray(PHOTO))


@pytest.mark.parametrize(("preview", "photograph"), [({}, {ORIENTATION: 6}), ({ORIENTATION: 6}, {})])
def test_the_photograph_after_a_preview_is_turned(preview: Fields, photograph: Fields):
    stored = PHOTO.transpose(Image.Transpose.ROTATE_90)
    for pages in (
        (Page(PREVIEW, {REDUCED: 1, **preview}), Page(stored, photograph)),
        (Page(PREVIEW, {REDUCED: 1, **preview}, below=(Page(stored, photograph),)),),
    ):
        assert np.array_equal(decode(tiff(*pages), LIMITS).pixels, np.asarray(PHOTO))
