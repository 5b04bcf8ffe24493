"""The exported metrics of the services."""

import asyncio
from pathlib import Path

import pytest

from tests.contract import exported
from tests.contract.exported import Exported


@pytest.fixture(scope="session")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> list[Exported]:
    """Every metric of gateway, worker and vectorizer, each once."""
    cache: Path = tmp_path_factory.mktemp("models")
    found = asyncio.run(exported.gateway()) + asyncio.run(exported.worker(cache)) + exported.vectorizers(cache)
    return list(dict.fromkeys(found))
