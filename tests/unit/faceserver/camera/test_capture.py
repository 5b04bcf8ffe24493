"""Sources of pictures."""

import pytest

from faceserver.camera.capture import masked


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("rtsp://ann:open-sesame@camera:554/live", "rtsp://camera:554/live"),
        ("rtsp://ann:open@sesame@camera/live", "rtsp://camera/live"),
        ("http://camera/live?to=ann@example.com", "http://camera/live?to=ann@example.com"),
        ("0", "0"),
        ("ann@home.mp4", "ann@home.mp4"),
    ],
)
def test_no_password_is_shown(source, name):
    assert masked(source) == name
