from io import BytesIO
from zlib import compress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from apiserver.metadata.boxes import box, full_box
from apiserver.metadata.stripping import stripped
from tests.checkout import SHARED
from tests.unit.apiserver.metadata.annotated import FILES, ICC, NEEDLE, PHOTO, TEXT, chunk, jpeg, png, saved, webp
from tests.unit.vectorizer.image_files import LIMITS
from vectorizer.images import decode
from vectorizer.problems import Refused

_WITH_PLACE = SHARED / "cases" / "hostile" / "gps_exif_xmp.jpg"


@pytest.mark.parametrize("name", FILES)
def test_pixels_and_profiles_stay_and_texts_go(name: str):
    data = FILES[name]()

    rewritten = stripped(data)

    assert rewritten is not None
    before, after = decode(data, LIMITS), decode(rewritten, LIMITS)
    assert after.media_type == before.media_type
    np.testing.assert_array_equal(after.pixels, before.pixels)
    for text in (NEEDLE, TEXT.encode("utf-16-le"), TEXT.encode("utf-16-be")):
        assert text not in rewritten
    assert not any(word in rewritten for word in (b"xmpmeta", b"Photoshop", b"MPF\0", b"JFXX"))
    assert stripped(rewritten) == rewritten


@pytest.mark.parametrize("name", ["jpeg-6", "png-alpha", "webp-alpha", "tiff-lzw", "heic", "avif", "bmp-profile"])
def test_a_colour_profile_stays(name: str):
    rewritten = stripped(FILES[name]())

    assert rewritten is not None
    with Image.open(BytesIO(rewritten)) as image:
        assert (image.info.get("icc_profile") or ICC) == ICC
        assert ICC in rewritten or image.info.get("icc_profile") == ICC


@pytest.mark.parametrize("name", ["jpeg-6", "png-6", "tiff-6"])
def test_the_density_stays(name: str):
    data = saved("JPEG", dpi=(300, 300)) if name == "jpeg-6" else FILES[name]()
    rewritten = stripped(data)

    assert rewritten is not None
    with Image.open(BytesIO(data)) as before, Image.open(BytesIO(rewritten)) as after:
        assert after.info.get("dpi") == before.info.get("dpi")


@pytest.mark.skipif(not _WITH_PLACE.exists(), reason="the photographs beside the checkout are not there")
def test_place_and_camera_go():
    data = _WITH_PLACE.read_bytes()

    rewritten = stripped(data)

    assert rewritten is not None
    with Image.open(BytesIO(rewritten)) as image:
        assert set(image.getexif()) <= {274}
        assert not image.info.keys() & {"comment", "xmp", "photoshop"}
    np.testing.assert_array_equal(decode(rewritten, LIMITS).pixels, decode(data, LIMITS).pixels)


@pytest.mark.parametrize(
    "data",
    [
        *(FILES[name]()[:-2000] for name in ("webp-1", "heic", "avif")),
        saved("TIFF", compression="tiff_lzw")[:-2000],
        saved("JPEG")[:-2],
        saved("PNG")[:-12],
        saved("TIFF", compression="jpeg"),
        saved("AVIF", save_all=True, append_images=[PHOTO.rotate(90)]),
        png(xmp='tiff:Orientation="6"', packed=True),
        b"II+\0" + bytes(40),
        b"",
        NEEDLE,
    ],
)
def test_what_is_not_clear_is_not_rewritten(data: bytes):
    assert stripped(data) is None


@pytest.mark.parametrize(
    ("stated", "data"),
    [
        (6, jpeg(xmp=b'<x tiff:Orientation="6"/>')),
        (3, png(xmp="<tiff:Orientation>3</tiff:Orientation>")),
        (8, webp(xmp=b'<x tiff:Orientation="8"/>')),
        (5, jpeg(5, xmp=b'<x tiff:Orientation="6"/>')),
    ],
)
def test_an_orientation_in_an_xmp_stays(stated: int, data: bytes):
    rewritten = stripped(data)

    assert rewritten is not None
    with Image.open(BytesIO(rewritten)) as image:
        assert image.getexif()[274] == stated
    np.testing.assert_array_equal(decode(rewritten, LIMITS).pixels, decode(data, LIMITS).pixels)


_SMALL = {name: FILES[name]() for name in FILES if "-" not in name or name in {"jpeg-6", "png-6", "tiff-6", "webp-8"}}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutations_are_rewritten_to_the_same_pixels_or_not_at_all(drawn: st.DataObject):
    data = bytearray(_SMALL[drawn.draw(st.sampled_from(sorted(_SMALL)))])
    for _ in range(drawn.draw(st.integers(1, 3))):
        # Structure is at the beginning of most formats.
        at = drawn.draw(st.one_of(st.integers(0, 400), st.integers(0, len(data) - 1)))
        data[at : at + drawn.draw(st.integers(0, 4))] = drawn.draw(st.binary(max_size=6))

    rewritten = stripped(bytes(data))

    if rewritten is None:
        return
    assert len(rewritten) <= len(data) + 200
    try:
        before = decode(bytes(data), LIMITS)
    except Refused:
        return
    after = decode(rewritten, LIMITS)
    np.testing.assert_array_equal(after.pixels, before.pixels)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + b"\xff" * 2_000_000,
        b"\xff\xd8" + b"\xff\xe1\0\x02" * 500_000,
        b"\xff\xd8" + b"\xff\xda\0\x02\0" * 500_000,
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0teXt\0\0\0\0" * 200_000,
        b"RIFF\xff\xff\x1f\0WEBP" + b"abcd\0\0\0\0" * 300_000,
        b"GIF89a" + bytes(7) + b"\x21\xfe" + b"\1\1" * 1_000_000,
        b"GIF89a" + bytes(7) + b"\x21\xfe\0" * 1_000_000,
        b"\0\0\0\x0cftypavif" + b"\0\0\0\x08free" * 300_000,
        b"II*\0\x08\0\0\0\xff\xff" + b"\x11\1\4\0\xff\xff\xff\xff\0\0\0\0" * 65_535,
    ],
)
def test_endless_structures_are_given_up(data: bytes):
    assert stripped(data) is None


def _heif(properties: list[bytes], used: int, references: int) -> bytes:
    """A HEIF of one item with a property `used` times, and that many references to itself."""
    number, kind = (1).to_bytes(2), box(b"ftyp", b"heic", bytes(4), b"mif1")
    associated = full_box(b"ipma", 0, 0, (1).to_bytes(4), number, bytes([used]), b"\1" * used)
    return kind + full_box(
        b"meta",
        0,
        0,
        full_box(b"pitm", 0, 0, number),
        full_box(b"iinf", 0, 0, number, full_box(b"infe", 2, 0, number, bytes(2), b"hvc1", b"\0")),
        full_box(b"iloc", 0, 0, b"\x44\0", number, number, bytes(2), number, bytes(4), (1).to_bytes(4)),
        box(b"iprp", box(b"ipco", *properties), associated),
        full_box(b"iref", 0, 0, box(b"dimg", number, references.to_bytes(2), number * references)),
    )


_SIZE, _PROFILE = box(b"ispe", bytes(12)), box(b"colr", b"prof" + b"\0\x10\0\0" + bytes(32) + b"acsp" + bytes(1 << 20))


@pytest.mark.parametrize(
    ("heif", "rewritten"),
    [
        (_heif([_SIZE], 255, 40_000), True),
        (_heif([_SIZE], 1, 60_000), False),
        (_heif([_PROFILE], 2, 1), True),
        (_heif([_PROFILE], 20, 1), False),
    ],
)
def test_what_the_items_of_a_heif_share_is_counted_as_often_as_it_is_used(heif: bytes, *, rewritten: bool):
    assert (stripped(heif) is not None) == rewritten


def test_a_png_with_two_profiles_is_not_rewritten():
    data, profile = saved("PNG"), chunk(b"iCCP", b"a\0\0" + compress(bytes(1000)))

    assert stripped(data[:33] + profile + data[33:]) is not None
    assert stripped(data[:33] + 2 * profile + data[33:]) is None
