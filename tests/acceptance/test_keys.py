"""Keys as operators use them: `faceserver keys`, `serve --require-keys`, key files, and both Python clients."""

import base64
import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from faceserver import AsyncClient, Client, Key, NewKey
from faceserver.errors import NotFound, Refused
from faceserver.standalone.postgres import running_dsn
from tests.commands import Commands
from tests.photographs import astronaut, encoded
from tests.stack import Stack, new_stack
from tests.waiting import wait_until

MASTER_KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(scope="module")
def locked() -> Iterator[Stack]:
    """A stack that required keys at its first start, and that answers clients of other services."""
    environment = {"APISERVER_FACADES": "compreface,rekognition", "APISERVER_MASTER_KEY": MASTER_KEY}
    with new_stack("--require-keys", environment=environment) as stack:
        yield stack.start()
        assert "Traceback" not in stack.log, stack.log


@pytest.fixture
def command(locked: Stack, tmp_path: Path) -> Commands:
    return Commands(locked, tmp_path, "acme")


@pytest.fixture
def admin(locked: Stack) -> str:
    return (locked.data / "admin.key").read_text().strip()


def places(stack: Stack, folder: Path) -> dict[str, list[str]]:
    """Options that lead to the same keys."""
    file = folder / "dsn"
    file.write_text(running_dsn(stack.data) + "\n")
    return {
        "url": ["--key-file", str(stack.data / "admin.key")],
        "data": ["--data", str(stack.data)],
        "database-url": ["--database-url", running_dsn(stack.data)],
        "database-url-file": ["--database-url-file", str(file)],
    }


def lines(run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize("place", ["url", "data", "database-url", "database-url-file"])
def test_keys_are_managed_alike_wherever_they_are_reached(command: Commands, locked: Stack, place: str):
    at = places(locked, command.folder)[place]
    asked = ["--name", "door", "--scope", "recognize", "--scope", "read", "--directory", "acme", "--directory", "a/*"]
    [made] = lines(command("keys", "create", *asked, "--expires", "90d", "--note", "east", "--json", *at))
    assert (made["scopes"], made["directories"]) == (["read", "recognize"], ["acme", "a/*"])
    assert made["limits"] == {}
    days = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89) < days < timedelta(days=91)
    with Client(locked.url, key=made["key"], directory="acme") as client:
        assert {each.directory for each in client.directories()} <= {"acme"}

        change = ["--scope", "read", "--limit", "requests_per_minute=600", "--expires", "never", "--note", "", "--json"]
        [edited] = lines(command("keys", "edit", made["id"], *change, *at))
        assert (edited["scopes"], edited["expires_at"], edited["note"]) == (["read"], None, None)
        assert edited["limits"] == {"requests_per_minute": 600}
        [edited] = lines(command("keys", "edit", made["id"], "--limit", "requests_per_minute=0", "--json", *at))
        assert edited["limits"] == {}

        rotated = command("keys", "rotate", made["id"], "--overlap", "1h", *at)
        assert rotated.returncode == 0, rotated.stderr
        with Client(locked.url, key=rotated.stdout.strip(), directory="acme") as after:
            for each in (client, after):
                assert {each.directory for each in each.directories()} <= {"acme"}

        listed = {each["id"]: each for each in lines(command("keys", "list", "--json", *at))}
        assert listed[made["id"]]["name"] == "door"
        assert "key" not in listed[made["id"]]
        shown = command("keys", "revoke", made["id"], "--yes", *at)
        assert "revoked" in shown.stdout, shown.stderr
        wait_until(lambda: is_refused(client))
    missing = command("keys", "rotate", made["id"], *at)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "Traceback" not in missing.stderr
    assert len(missing.stderr.splitlines()) == 1


@pytest.mark.parametrize("place", ["url", "data", "database-url", "database-url-file"])
def test_keys_for_clients_of_other_services_are_made_alike(command: Commands, locked: Stack, place: str):
    at, directory = places(locked, command.folder)[place], f"app-{place}"
    create = ["keys", "create", "--name", "app", "--directory", directory, *at]
    with Client(locked.url, key=(locked.data / "admin.key").read_text().strip()) as admin:
        admin.put_directory(directory)
    for kind, scope in ((["--compreface"], []), (["--rekognition"], ["--scope", "read"])):
        printed = command(*create, *kind, *scope, environment={"APISERVER_MASTER_KEY": MASTER_KEY})
        assert printed.returncode == 0, printed.stderr
        [made] = lines(command(*create, *kind, *scope, "--json", environment={"APISERVER_MASTER_KEY": MASTER_KEY}))
        assert made["directories"] == [directory]
        if kind == ["--compreface"]:
            assert (made["kind"], "enrol" in made["scopes"], made["access_key_id"]) == ("uuid", True, None)
            for text in (made["key"], printed.stdout.strip()):
                assert subjects(locked, text) == {"subjects": []}
            assert made["images_token"]
            assert "/api/v1/static/" in printed.stderr
        else:
            assert (made["kind"], made["scopes"], made["images_token"]) == ("pair", ["read"], None)
            first, second = (line.split(" = ")[1] for line in printed.stdout.splitlines())
            for access, secret in ((made["access_key_id"], made["key"]), (first, second)):
                assert collections(locked, access, secret) == [directory]
    both = command(*create, "--compreface", "--rekognition")
    assert (both.returncode, both.stdout) == (2, "")


def subjects(stack: Stack, key: str) -> Any:
    """Return what a client of CompreFace is told."""
    answer = httpx.get(f"{stack.url}/api/v1/recognition/subjects", headers={"x-api-key": key}, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()


def collections(stack: Stack, access: str, secret: str) -> Any:
    """Return what a client of Amazon Rekognition is told."""
    client = boto3.client(
        "rekognition",
        endpoint_url=stack.url,
        region_name="eu-central-1",
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        config=Config(proxies={}),
    )
    return client.list_collections()["CollectionIds"]


def is_refused(client: Client) -> bool:
    try:
        client.models()
    except Refused as problem:
        return problem.code == "key-invalid"
    return False


def test_the_first_key_is_for_its_owner_only(locked: Stack):
    assert stat.S_IMODE((locked.data / "admin.key").stat().st_mode) == 0o600


def test_commands_send_the_key_of_a_file_or_the_environment(command: Commands, admin: str):
    mine, others = command.folder / "mine", command.folder / "others"
    for file, mode in ((mine, 0o600), (others, 0o644)):
        file.write_text(admin + "\n")
        file.chmod(mode)
    (command.folder / "wrong").write_text("fs_wrong")
    (command.folder / "wrong").chmod(0o600)

    refused = command("directories", "list")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    for given in (
        command("directories", "list", "--key-file", mine),
        command("directories", "list", environment={"FACESERVER_KEY": admin}),
        command("directories", "list", environment={"FACESERVER_KEY_FILE": str(mine)}),
        command("directories", "list", "--key-file", mine, environment={"FACESERVER_KEY": "fs_wrong"}),
    ):
        assert (given.returncode, given.stderr) == (0, "")
    shared = command("directories", "list", "--key-file", others)
    assert (shared.returncode, shared.stderr) == (0, f"Others can read the key in {others}; its mode should be 600.\n")
    wrong = command("directories", "list", "--key-file", "wrong", environment={"FACESERVER_KEY": admin})
    assert wrong.returncode == 1
    absent = command("directories", "list", "--key-file", "absent")
    assert (absent.returncode, absent.stderr) == (
        2,
        "--key-file: absent cannot be read (no such file or directory).\n",
    )


def test_a_folder_is_imported_with_the_key(command: Commands, locked: Stack, admin: str):
    (command.folder / "people" / "ann").mkdir(parents=True)
    (command.folder / "people" / "ann" / "1.jpg").write_bytes(encoded(astronaut()))
    refused = command("import", "people")
    assert (refused.returncode, refused.stdout) == (1, "")
    key_file = ["--key-file", str(locked.data / "admin.key")]
    imported = command("import", "people", "--json", *key_file)
    assert [line["outcome"] for line in lines(imported)] == ["learned"]
    with Client(locked.url, key=admin, directory="acme") as client:
        assert [person.person for person in client.persons()] == ["ann"]


async def test_both_clients_manage_keys(locked: Stack, admin: str):
    asked = {"scopes": ["learn"], "directories": ["acme"], "limits": {"requests_in_progress": 3}}
    async with AsyncClient(locked.url, key=admin) as awaited:
        made = await awaited.create_key("awaited", **asked)  # type: ignore[arg-type]
        assert isinstance(made, NewKey)
        assert made.key not in repr(made)
        assert await awaited.patch_key(made.id, note="east") == await awaited.get_key(made.id)
        listed = awaited.keys()
        assert [each.note async for each in listed if each.id == made.id] == ["east"]
    with Client(locked.url, key=admin) as client:
        found = client.get_key(made.id)
        assert isinstance(found, Key)
        assert found.limits == {"requests_in_progress": 3}
        assert client.patch_key(made.id, limits={"requests_per_minute": 5}).limits == {
            "requests_per_minute": 5,
            "requests_in_progress": 3,
        }
        assert client.patch_key(made.id, limits={"requests_in_progress": None}).limits == {"requests_per_minute": 5}
        assert client.rotate_key(made.id, overlap_seconds=60).previous_until
        assert client.revoke_key(made.id).revoked_at
        with pytest.raises(NotFound):
            client.patch_key(made.id, name="new")
        pair = client.create_key("pair", scopes=["read"], directories=["acme"], kind="pair")
        assert pair.access_key_id == f"AKFS{pair.id}"
        assert pair.key not in repr(pair)
        with pytest.raises(Refused, match="make another access key"):
            client.rotate_key(pair.id)
        with pytest.raises(ValueError, match="no time zone"):
            client.create_key("x", scopes=["read"], directories=["acme"], expires_at=datetime(2126, 1, 1))  # noqa: DTZ001


def test_other_addresses_need_a_key_first(tmp_path: Path):
    with new_stack("--host", "0.0.0.0") as stack:
        assert stack.launch().wait() == 1
        [sentence] = [line for line in stack.log.splitlines() if "keys create" in line]
        assert sentence.startswith("0.0.0.0 is not loopback, so calls require a key, but none exists:")
        assert "Traceback" not in stack.log

        command = Commands(stack, tmp_path, "acme")
        at = ("--data", str(stack.data))
        assert lines(command("keys", "list", "--json", *at)) == []
        made = command("keys", "create", "--name", "admin", "--scope", "admin", "--directory", "*", *at)
        assert made.stdout.startswith("fs_"), made.stderr
        assert "works" in command("keys", "list", *at).stdout
    nothing = Commands(stack, tmp_path, "acme")("keys", "list", "--data", tmp_path / "none")
    assert (nothing.returncode, (tmp_path / "none").exists()) == (1, False)
    assert nothing.stderr == f"There is no database in {tmp_path}/none: give --data, --database-url or --url.\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("create --name x --scope fly --directory acme", "scopes: each must be one of recognize"),
        ("create --name x --scope read --directory acm*", "directories: a prefix must end in one of"),
        ("create --name x --scope operate --directory acme", "operate requires the directories *"),
        ("create --name x --scope read --directory acme --expires 2020-01-01T00:00Z", "must be in the future"),
        ("create --name x --scope read --directory acme --expires soon", "must be a number with m, h or d"),
        ("create --name x --scope read --directory acme --expires 2126-01-01", "must have a time zone"),
        (
            "create --name x --scope read --directory acme --limit requests_per_minute=many",
            "must be a name and a number",
        ),
        ("revoke nobody", "This key does not exist"),
        ("edit nobody --name y", "This key does not exist"),
    ],
)
def test_the_gateway_s_own_command_explains_what_is_wrong(locked: Stack, line: str, said: str):
    run = subprocess.run(
        [sys.executable, "-m", "apiserver.keys", *line.split()],
        env={"APISERVER_DATABASE_URL": running_dsn(locked.data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in {1, 2}
    assert said in run.stderr
    assert "Traceback" not in run.stderr
