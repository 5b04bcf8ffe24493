"""Master keys from a file, a value or a command."""

import base64
import os
import sys
from pathlib import Path

import pytest

from apiserver.encryption.master_keys import CommandKey, MasterKeys, Wrapped, read_master_keys, require_apart
from apiserver.problems import KeyUnavailable

SECRET = os.urandom(32)

KMS = """
import base64, sys
content = base64.b64decode(sys.stdin.readline())
print(base64.b64encode(bytes(byte ^ 85 for byte in content)).decode())
print("a note for the log", file=sys.stderr)
"""


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def masters(*keys: str) -> MasterKeys:
    return read_master_keys(command=None, file=None, keys=",".join(keys))


def command(tmp_path: Path, program: str) -> str:
    file = tmp_path / "kms.py"
    file.write_text(program)
    return f"{sys.executable} {file}"


async def test_the_newest_key_wraps_and_older_ones_unwrap(tmp_path):
    old, new = new_key(), new_key()
    file = tmp_path / "master.key"
    file.write_text(f"{new}\n{old}\n")
    wrapped = await masters(old).wrap(SECRET, "acme")
    both = read_master_keys(command=None, file=file, keys=None)

    assert await both.unwrap(wrapped, "acme") == SECRET
    again = await both.wrap(SECRET, "acme")
    assert again.master_id == both.newest_id != wrapped.master_id
    assert SECRET not in again.secret
    with pytest.raises(KeyUnavailable, match=again.master_id):
        await masters(old).unwrap(again, "acme")


async def test_a_wrapped_key_belongs_to_its_context():
    keys = masters(new_key())
    wrapped = await keys.wrap(SECRET, "acme")

    with pytest.raises(KeyUnavailable):
        await keys.unwrap(wrapped, "other")
    with pytest.raises(KeyUnavailable):
        await keys.unwrap(wrapped._replace(secret=wrapped.secret[:-1] + b"0"), "acme")


async def test_without_master_keys_nothing_is_unwrapped():
    none = read_master_keys(command=None, file=None, keys=None)

    assert not none
    with pytest.raises(KeyUnavailable, match="APISERVER_MASTER_KEY_FILE"):
        await none.unwrap(Wrapped(b"", "id"), "acme")


async def test_a_command_wraps_and_unwraps(tmp_path):
    local = new_key()
    keys = read_master_keys(command=command(tmp_path, KMS), file=None, keys=local)
    wrapped = await keys.wrap(SECRET, "acme")

    assert wrapped.master_id == "command"
    assert await keys.unwrap(wrapped, "acme") == SECRET
    assert await keys.unwrap(await masters(local).wrap(SECRET, "acme"), "acme") == SECRET
    with pytest.raises(KeyUnavailable):
        await keys.unwrap(wrapped, "other")


@pytest.mark.parametrize(
    "program",
    ["raise SystemExit(1)", "print('not base64!')", "print('')", "import time; time.sleep(600)"],
    ids=["fails", "answers something else", "answers nothing", "hangs"],
)
async def test_a_command_that_fails_is_an_outage(tmp_path, program):
    with pytest.raises(KeyUnavailable):
        await CommandKey(command(tmp_path, program), timeout_seconds=1).wrap(SECRET, "acme")


async def test_a_command_that_does_not_exist_is_an_outage():
    with pytest.raises(KeyUnavailable):
        await CommandKey("/no/such/command").wrap(SECRET, "acme")


@pytest.mark.parametrize("content", ["", "short", base64.b64encode(bytes(31)).decode(), f"{'A' * 43}= x", "\u00fc"])
def test_a_malformed_file_is_refused_with_a_sentence(tmp_path, content):
    file = tmp_path / "master.key"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(ValueError, match=r"^The master key file .*master\.key (has no key|must have|is not text)"):
        read_master_keys(command=None, file=file, keys=None)


def test_a_missing_file_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="cannot be read: No such file or directory"):
        read_master_keys(command=None, file=tmp_path / "none", keys=None)


def test_a_master_key_does_not_lie_beside_the_data(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "link").symlink_to(data / "master.key")

    require_apart(tmp_path / "master.key", data)
    for file in (data / "master.key", data / "sub" / "master.key", data / ".." / "data" / "k", tmp_path / "link"):
        with pytest.raises(ValueError, match="a copy of the data would contain the key"):
            require_apart(file, data)
