"""Keys for clients of CompreFace, made by the gateway's command in a database."""

import json
from uuid import UUID

from apiserver.keys import records
from apiserver.keys.uuid_keys import digest_of, images_token
from tests.integration.apiserver.keys.test_pairs import run

CREATE = ("create", "--compreface", "--name", "double-take", "--directory", "home")


async def test_the_command_makes_a_uuid_of_one_directory(database_url, database):
    printed = run(database_url, *CREATE)
    assert (printed.returncode, printed.stderr) == (0, "")
    text = printed.stdout.strip()
    assert str(UUID(text)) == text
    found = await records.find_by_digest(database, digest_of(text).hex())
    assert found
    assert (found.kind, found.reach.only, found.created_by) == ("uuid", "home", "command line")
    [row] = await database.fetch("SELECT keys::text AS everything FROM keys")
    assert text not in row["everything"]

    made = json.loads(run(database_url, *CREATE, "--scope", "recognize", "--json").stdout)
    assert (made["kind"], made["scopes"], made["access_key_id"]) == ("uuid", ["recognize"], None)
    assert made["images_token"] == images_token(made["key"])
    rotated = json.loads(run(database_url, "rotate", made["id"], "--json").stdout)
    assert rotated["images_token"] == images_token(rotated["key"]) != made["images_token"]


async def test_what_a_uuid_cannot_have_is_refused(database_url, database):
    for directories in (["*"], ["acme/*"], ["a", "b"]):
        options = [f"--directory={each}" for each in directories]
        refused = run(database_url, *CREATE[:-2], *options)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "needs exactly one, by name" in refused.stderr
    both = run(database_url, *CREATE, "--rekognition")
    assert (both.returncode, "not allowed with" in both.stderr) == (2, True)
    assert await database.fetchval("SELECT count(*) FROM keys") == 0

    made = json.loads(run(database_url, *CREATE, "--json").stdout)
    widened = run(database_url, "edit", made["id"], "--directory", "*")
    assert (widened.returncode, "needs exactly one, by name" in widened.stderr) == (1, True)
