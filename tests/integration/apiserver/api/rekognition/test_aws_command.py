"""The AWS command line, unmodified and in an environment of its own, runs all operations."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from apiserver.api.rekognition.operations import OPERATIONS

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("aws")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install: list[str | Path] = [folder / "bin" / "pip", "install", "--quiet", "awscli"]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"awscli cannot be installed: {done.stderr.strip().rpartition(chr(10))[2]}")
    return folder / "bin" / "aws"


class Aws:
    """The command, with an access key."""

    def __init__(self, program, pair, url, folder):
        self._command = [program, "rekognition"]
        self._options = ["--endpoint-url", url, "--output", "json"]
        self._folder = folder
        self._environment = {
            "AWS_ACCESS_KEY_ID": pair.access,
            "AWS_SECRET_ACCESS_KEY": pair.secret,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_MAX_ATTEMPTS": "1",
            "HOME": str(folder),
        }
        self.asked = set()

    async def __call__(self, operation, *arguments):
        """Run an operation and return its answer, or the text of its error."""
        self.asked.add(operation.title().replace("-", ""))
        done = await asyncio.to_thread(
            subprocess.run,
            [*self._command, operation, *arguments, *self._options],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return done.stderr.strip()
        return json.loads(done.stdout) if done.stdout.strip() else {}


@pytest.fixture
def folder(tmp_path, ann, ann_again, party):
    for name, image in (("ann", ann), ("again", ann_again), ("party", party)):
        (tmp_path / f"{name}.jpg").write_bytes(image)
    return tmp_path


async def test_a_script_of_all_operations(rekognition, aws, folder):
    run = Aws(aws, await rekognition.pair(), rekognition.url, folder)
    here = ("--collection-id", "staff")
    made = await run("create-collection", *here, "--tags", "team=doors")
    assert made["StatusCode"] == 200
    assert "ResourceAlreadyExistsException" in await run("create-collection", *here)
    faces = []
    for name in ("ann", "again", "party"):
        answer = await run("index-faces", *here, "--image-bytes", f"fileb://{name}.jpg", "--external-image-id", name)
        faces.append([record["Face"]["FaceId"] for record in answer["FaceRecords"]])
    listed = await run("list-faces", *here, "--page-size", "2")
    assert len(listed["Faces"]) == sum(map(len, faces))
    assert [*map(len, faces)] == [1, 1, 3]
    assert (await run("describe-collection", *here))["FaceCount"] == 5
    found = await run("search-faces", *here, "--face-id", faces[0][0])
    assert faces[1][0] in {match["Face"]["FaceId"] for match in found["FaceMatches"]}
    found = await run("search-faces-by-image", *here, "--image-bytes", "fileb://ann.jpg", "--max-faces", "1")
    assert found["FaceMatches"][0]["Similarity"] == 100
    compared = await run(
        "compare-faces", "--source-image-bytes", "fileb://ann.jpg", "--target-image-bytes", "fileb://party.jpg"
    )
    assert len(compared["FaceMatches"]) == 1
    assert len((await run("detect-faces", "--image-bytes", "fileb://party.jpg"))["FaceDetails"]) == 3
    ann_here = (*here, "--user-id", "ann")
    assert await run("create-user", *ann_here) == {}
    answer = await run("associate-faces", *ann_here, "--face-ids", faces[0][0], faces[1][0])
    assert len(answer["AssociatedFaces"]) == 2
    assert (await run("list-users", *here, "--page-size", "1"))["Users"][0]["UserId"] == "ann"
    assert (await run("search-users", *here, "--face-id", faces[0][0]))["UserMatches"][0]["User"]["UserId"] == "ann"
    found = await run("search-users-by-image", *here, "--image-bytes", "fileb://again.jpg")
    assert found["UserMatches"][0]["User"]["UserId"] == "ann"
    await run("disassociate-faces", *ann_here, "--face-ids", faces[1][0])
    deleted = await run("delete-faces", *here, "--face-ids", faces[0][0], faces[1][0])
    assert deleted["DeletedFaces"] == [faces[1][0]]
    assert await run("delete-user", *ann_here) == {}
    assert "ResourceNotFoundException" in await run("delete-user", *ann_here)
    arn = ("--resource-arn", made["CollectionArn"])
    await run("tag-resource", *arn, "--tags", "place=north")
    await run("untag-resource", *arn, "--tag-keys", "team")
    assert (await run("list-tags-for-resource", *arn))["Tags"] == {"place": "north"}
    assert "staff" in (await run("list-collections", "--page-size", "1"))["CollectionIds"]
    assert (await run("delete-collection", *here))["StatusCode"] == 200
    assert "ResourceNotFoundException" in await run("list-faces", *here)
    assert run.asked == OPERATIONS.keys()
