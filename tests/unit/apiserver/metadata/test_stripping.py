from pathlib import Path

import numpy as np
import pytest

from apiserver.metadata.stripping import stripped
from tests.unit.apiserver.metadata.annotated import FILES, NEEDLE, TEXT
from tests.unit.vectorizer.image_files import LIMITS
from vectorizer.images import decode


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
