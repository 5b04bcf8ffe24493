"""Names of the indexes of one directory, and the version of pgvector that they need."""

import pytest

from apiserver.database.schema import require_pgvector
from apiserver.problems import DatabaseUnavailable
from apiserver.search.indexes import Indexed, Kind


def test_an_index_has_one_name_for_its_directory_model_and_kind():
    names = {
        Indexed(directory, model, 512).name(kind)
        for directory in ("acme", "Acme", "a" * 255)
        for model in ("one", "other")
        for kind in Kind
    }
    assert len(names) == 12
    assert max(map(len, names)) < 64  # what PostgreSQL keeps of a name


@pytest.mark.parametrize("version", ["0.8.3", "0.8", "0.7.4", "0"])
def test_an_old_pgvector_is_refused_by_name(version):
    with pytest.raises(DatabaseUnavailable, match=r"which can corrupt indexes; install version 0\.8\.4 or newer"):
        require_pgvector(version)


@pytest.mark.parametrize("version", ["0.8.4", "0.8.10", "0.9.0", "1.0"])
def test_a_newer_pgvector_is_accepted(version):
    require_pgvector(version)
