"""The library `compreface-sdk`, unmodified, in an environment of its own: it needs an older urllib3 than ours."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
import pytest_asyncio

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

PACKAGES = ("compreface-sdk==0.6.0", "urllib3<2")

EXAMPLES = """
import json, sys
from compreface import CompreFace
from compreface.collections import FaceCollection
from compreface.collections.face_collections import Subjects
from compreface.service import DetectionService, RecognitionService, VerificationService

port, key, ann, again, party = sys.argv[1:]
compre_face = CompreFace("http://127.0.0.1", port, {
    "limit": 0, "det_prob_threshold": 0.5, "prediction_count": 1,
    "face_plugins": "calculator,age,gender,landmarks", "status": "true",
})
recognition: RecognitionService = compre_face.init_face_recognition(key)
faces: FaceCollection = recognition.get_face_collection()
subjects: Subjects = recognition.get_subjects()
detection: DetectionService = compre_face.init_face_detection(key)
verification: VerificationService = compre_face.init_face_verification(key)
said = {}
read = lambda path: open(path, "rb").read()
for name, make in (("path", str), ("bytes", read)):
    added = faces.add(image_path=make(ann), subject="Jonathan Petit", options={"det_prob_threshold": 0.8})
    said[name] = {
        "added": added,
        "recognized": recognition.recognize(image_path=make(again)),
        "with options": recognition.recognize(image_path=make(party), options={"limit": 1, "prediction_count": 2}),
        "verified": faces.verify(image_path=make(again), image_id=added["image_id"]),
        "detected": detection.detect(image_path=make(party)),
        "compared": verification.verify(source_image_path=make(ann), target_image_path=make(party)),
        "listed": faces.list(),
        "deleted": faces.delete(image_id=added["image_id"]),
    }
faces.add(image_path=ann, subject="Jonathan Petit")
said["rest"] = [
    subjects.add("Ann"), subjects.list(), subjects.update(subject="Ann", new_name="Bob"), subjects.list(),
    subjects.delete("Bob"), faces.delete_all("Jonathan Petit"), subjects.delete_all(), subjects.list(),
]
print(json.dumps(said))
"""


async def run(*command: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sdk_python(request: pytest.FixtureRequest) -> str:
    """The interpreter of an environment that has the library."""
    assert request.config.cache
    folder = request.config.cache.mkdir("compreface-sdk")
    python, complete = folder / "bin" / "python", folder / "complete"
    if not complete.exists():
        assert (await run(sys.executable, "-m", "venv", "--clear", str(folder)))[0] == 0
        status, output = await run(str(python), "-m", "pip", "install", "--quiet", *PACKAGES)
        if status:
            print(output)  # noqa: T201 - for whoever wonders
            pytest.skip("compreface-sdk cannot be installed here")
        complete.touch()
    return str(python)


@pytest.fixture
def paths(tmp_path: Path, ann: bytes, ann_again: bytes, party: bytes) -> list[str]:
    """Photographs as files."""
    photographs = {"ann": ann, "again": ann_again, "party": party}
    for name, content in photographs.items():
        (tmp_path / f"{name}.jpg").write_bytes(content)
    return [str(tmp_path / f"{name}.jpg") for name in photographs]


async def test_its_documented_examples(service, sdk_python: str, paths: list[str]):
    port = str(service.client.base_url.port)
    status, output = await run(sdk_python, "-c", EXAMPLES, port, service.key, *paths)
    assert status == 0, output
    said = json.loads(output)
    for each in (said["path"], said["bytes"]):
        assert each["added"]["subject"] == "Jonathan Petit"
        [face] = each["recognized"]["result"]
        assert face["subjects"][0]["subject"] == "Jonathan Petit"
        assert face["subjects"][0]["similarity"] > 0.9
        assert {"embedding", "landmarks", "execution_time"} <= face.keys()
        assert "age" not in face
        assert len(each["with options"]["result"]) == 1
        assert each["verified"]["result"][0]["similarity"] > 0.9
        assert len(each["detected"]["result"]) == 3
        assert max(match["similarity"] for match in each["compared"]["result"][0]["face_matches"]) > 0.9
        assert each["listed"]["faces"] == [each["added"]]
        assert each["deleted"] == each["added"]
    assert said["rest"] == [
        {"subject": "Ann"},
        {"subjects": ["Ann", "Jonathan Petit"]},
        {"updated": True},
        {"subjects": ["Bob", "Jonathan Petit"]},
        {"subject": "Bob"},
        {"deleted": 1},
        {"deleted": 1},
        {"subjects": []},
    ]
