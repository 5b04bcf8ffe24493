"""A photograph that comes with the installed packages, and models made ready once."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture(scope="session")
def group() -> Image.Image:
    """Six people, 1280 x 886."""
    spec = find_spec("insightface")
    assert spec is not None
    assert spec.submodule_search_locations
    return Image.open(Path(spec.submodule_search_locations[0]) / "data/images/t1.jpg").convert("RGB")


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was made of the models, for all tests that do not look at how: folding takes seconds."""
    return tmp_path_factory.mktemp("models")
