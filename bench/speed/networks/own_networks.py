"""The vectorizer's pipeline alone: without HTTP, queue or database."""

from functools import partial
from pathlib import Path

from platformdirs import user_cache_path

from bench.speed.networks.lanes import Stages
from vectorizer.decoding.budget import Limits
from vectorizer.images import decode
from vectorizer.networks.models import ModelSource
from vectorizer.pipeline import find_faces

LIMITS = Limits(max_bytes=32_000_000, max_pixels=67_000_000)
"""The vectorizer's defaults."""

DECODE = partial(decode, limits=LIMITS)
"""Decodes in this process."""


class OwnNetworks:
    """One lane: its own networks, to be used by one thread."""

    def __init__(self, models: Path) -> None:
        """models: folder of a pack."""
        (self._models,) = ModelSource.find(str(models), user_cache_path("faceserver")).open()
        self.stages = Stages()

    def analyse(self, data: bytes) -> int:
        """See `bench.speed.networks.lanes.Lane`."""
        faces = find_faces(self._models, DECODE, data)
        self.stages.add(faces.stages.own)
        return len(faces.detections)
