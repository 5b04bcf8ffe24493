"""The master key of a standalone stack does not lie beside its data."""

import pytest

from faceserver.problems import StartError
from faceserver.standalone.settings import MasterKeyFile


def test_a_master_key_file_in_the_data_folder_is_refused(tmp_path):
    MasterKeyFile().require_apart(tmp_path / "data")
    MasterKeyFile(apiserver_master_key_file=tmp_path / "master.key").require_apart(tmp_path / "data")
    with pytest.raises(StartError, match="a copy of the data would contain the key"):
        MasterKeyFile(apiserver_master_key_file=tmp_path / "data" / "master.key").require_apart(tmp_path / "data")
