"""Rows of images in tests that write them without a gateway."""

from datetime import timedelta

from apiserver.biometrics.face import Image
from apiserver.storage import images

SECRET = bytes(32)


def image_row(directory: str, content: bytes, image: Image, keep: timedelta) -> images.ImageRow:
    return images.image_row(directory, content, image, keep, SECRET)
