"""The pages about clients of Amazon Rekognition and about moving from other systems: their examples are run."""

import pickle
import subprocess
import sys

import boto3
import pytest
from botocore.config import Config

from tests.commands import Commands
from tests.documents import blocks, examples, program, words
from tests.photographs import actor, astronaut, beside, encoded
from tests.stack import Stack
from tests.waiting import PATIENCE_SECONDS

URL = "http://127.0.0.1:8080"
AWS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-central-1"}


def rekognition(stack: Stack):
    return boto3.client(
        "rekognition",
        endpoint_url=stack.url,
        region_name="eu-central-1",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="x",  # noqa: S106 - any will do
        config=Config(proxies={}),
    )


def run(text: str, command: Commands, directory: str) -> str:
    """Run a program of a page, whose directory is the command's, and return what it prints."""
    name = command.environment["FACESERVER_DIRECTORY"]
    text = text.replace(URL, command.environment["FACESERVER_URL"]).replace(f'"{directory}"', repr(name))
    (command.folder / "example.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=command.folder,
        env=command.variables(AWS),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def test_the_program_for_rekognition(command: Commands):
    assert run(program("rekognition.md"), command, "staff") == "".join(blocks("rekognition.md", "text"))


@pytest.fixture
def collection(stack: Stack, command: Commands) -> str:
    """A collection of the same service, in place of Amazon's, and the folder of its photographs."""
    boto, name = rekognition(stack), f"{command.environment['FACESERVER_DIRECTORY']}-there"
    folder = command.folder / "photographs"
    (folder / "more").mkdir(parents=True)
    for file, image, person in (
        ("ann.jpg", encoded(astronaut()), "ann"),
        ("more/both.jpg", encoded(beside(astronaut(), actor())), None),
    ):
        (folder / file).write_bytes(image)
        boto_name = file.rpartition("/")[2] if person else "both"
        if person:
            boto.create_collection(CollectionId=name)
            boto.create_user(CollectionId=name, UserId=person)
        indexed = boto.index_faces(
            CollectionId=name, Image={"Bytes": image}, ExternalImageId=boto_name, MaxFaces=1, QualityFilter="NONE"
        )
        face = indexed["FaceRecords"][0]["Face"]["FaceId"]
        if person:
            boto.associate_faces(CollectionId=name, UserId=person, FaceIds=[face])
    return name


def test_moving_from_rekognition(stack: Stack, command: Commands, collection: str):
    there = {**AWS, "AWS_ENDPOINT_URL_REKOGNITION": stack.url}
    [example] = examples("moving-from-rekognition.md")
    here = Commands(stack, command.folder, command.environment["FACESERVER_DIRECTORY"])
    here.environment |= there
    printed = here.shell(example.command.replace("staff", collection).replace("office", "$FACESERVER_DIRECTORY"))
    assert words(printed) == words(example.printed)
    boto, directory = rekognition(stack), command.environment["FACESERVER_DIRECTORY"]
    faces = boto.list_faces(CollectionId=directory)["Faces"]
    assert {face["ExternalImageId"]: face.get("UserId") for face in faces} == {"ann.jpg": "ann", "both": None}
    again = command("import", "--rekognition", collection, "--photographs", "photographs", environment=there)
    assert again.returncode == 0, again.stderr
    assert len(boto.list_faces(CollectionId=directory)["Faces"]) == 2


def test_what_cannot_be_moved_is_named(stack: Stack, command: Commands, collection: str):
    there = {**AWS, "AWS_ENDPOINT_URL_REKOGNITION": stack.url}
    asked = command("import", "--rekognition", collection, environment=there)
    assert (asked.returncode, "--photographs" in asked.stderr) == (2, True)
    (command.folder / "photographs" / "ann.jpg").unlink()
    boto = rekognition(stack)
    boto.index_faces(CollectionId=collection, Image={"Bytes": encoded(actor())})
    arguments = ("import", "--rekognition", collection, "--photographs", "photographs")
    outcome = command(*arguments, environment=there)
    assert outcome.returncode != 0
    assert "Skipped 1 face without an ExternalImageId." in outcome.stderr
    assert "ann.jpg: It is not where the photographs are." in outcome.stderr
    assert "2 of 2 photographs: 1 learned, 0 known, 1 refused" in outcome.stderr
    missing = command("import", "--rekognition", "none", "--photographs", "photographs", environment=there)
    assert "ResourceNotFoundException" in missing.stderr


def test_moving_from_deepface(command: Commands):
    folder = command.folder / "database"
    (folder / "ann").mkdir(parents=True)
    (folder / "ann" / "1.jpg").write_bytes(encoded(astronaut()))
    (folder / "bo.jpg").write_bytes(encoded(actor()))
    entries = [{"identity": f"database/{name}", "hash": "", "embedding": [0.5]} for name in ("ann/1.jpg", "bo.jpg")]
    (folder / "ds_model_sface_v2.pkl").write_bytes(pickle.dumps(entries))
    (command.folder / "party.jpg").write_bytes(encoded(astronaut()))
    [example] = examples("moving-from-deepface.md")
    printed = command.shell(example.command.replace("office", "$FACESERVER_DIRECTORY"))
    assert words(printed) == words(example.printed)
    text = program("moving-from-deepface.md")
    assert run(text, command, "office") == "".join(blocks("moving-from-deepface.md", "text"))
