"""The master keys that settings name."""

import base64

import pytest

from apiserver.resources import master_keys, require_master_keys
from apiserver.settings.settings import Settings

KEY = base64.b64encode(bytes(32)).decode()


def settings(tmp_path, **keys):
    return Settings(database_url="postgresql://nowhere/x", image_store_url=f"file://{tmp_path}/data/images", **keys)


@pytest.mark.parametrize("keys", [{}, {"master_key": ""}])
def test_nothing_is_encrypted_without_a_key(tmp_path, keys):
    assert not master_keys(settings(tmp_path, **keys))
    assert not settings(tmp_path, **keys).encrypts


@pytest.mark.parametrize("keys", [{"master_key": KEY}, {"master_key_command": "kms"}])
def test_a_key_turns_encryption_on(tmp_path, keys):
    assert master_keys(settings(tmp_path, **keys))
    assert settings(tmp_path, **keys).encrypts
    assert KEY not in repr(settings(tmp_path, **keys))


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"master_key": "short"}, "APISERVER_MASTER_KEY must have 32 bytes in base64"),
        ({"master_key_file": "data/images/key"}, "is in the data folder"),
        ({"master_key_file": "none"}, "cannot be read"),
    ],
)
def test_wrong_keys_end_the_process_with_a_sentence(tmp_path, capsys, keys, sentence):
    if "master_key_file" in keys:
        keys = {"master_key_file": tmp_path / keys["master_key_file"]}
    with pytest.raises(SystemExit) as ended:
        require_master_keys(settings(tmp_path, **keys))

    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err
