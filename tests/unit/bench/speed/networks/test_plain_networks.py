"""The reference networks find and distinguish the faces that they are measured with."""

from pathlib import Path

import numpy as np
import pytest

from bench.speed.networks.plain_networks import PlainNetworks
from bench.speed.ratio import plain_networks
from tests.checkout import SHARED

MODELS, LFW = SHARED / "models" / "buffalo_sc", SHARED / "data" / "lfw-dev"

pytestmark = pytest.mark.skipif(
    not (MODELS.is_dir() and LFW.is_dir()), reason="needs the ArcFace pack and the photographs in ../shared"
)


@pytest.fixture(scope="module", params=[str(MODELS), "opencv"], ids=["scrfd and arcface", "yunet and sface"])
def networks(request) -> PlainNetworks:
    return plain_networks(Path(request.param), 320)


def test_six_people_are_found(networks):
    found = networks.embeddings((SHARED / "data" / "photos" / "t1.jpg").read_bytes())
    assert len(found) == 6
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    assert set(networks.stages.milliseconds) == {"decode", "letterbox", "detect", "align", "embed"}


def test_photographs_of_one_person_are_more_alike_than_those_of_two(networks):
    folders = [folder for folder in sorted(LFW.iterdir()) if folder.is_dir() and len(list(folder.iterdir())) > 1][:5]
    people = [
        [networks.embeddings(path.read_bytes())[0] for path in sorted(folder.iterdir())[:2]] for folder in folders
    ]
    same = [one @ other for one, other in people]
    different = [people[i][0] @ people[j][0] for i in range(5) for j in range(i)]
    assert min(same) > max(different)
