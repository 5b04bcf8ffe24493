"""Recognition and verification, by photographs and embeddings, and detection."""

import io
from uuid import uuid4

import pytest
import pytest_asyncio
from PIL import Image, ImageFilter

from apiserver.access.scopes import Scope
from tests.integration.apiserver.api.compreface.conftest import base64_of, jpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")

RECOGNIZE = "POST recognition/recognize"
DETECT = "POST detection/detect"
VERIFY = "POST verification/verify"


@pytest_asyncio.fixture(loop_scope="module")
async def enrolled(service, ann, bob):
    return {"ann": await service.add("Ann", ann), "bob": await service.add("Bob", bob)}


def names(result):
    return [[each["subject"] for each in face["subjects"]] for face in result]


def area(face):
    box = face["box"]
    return (box["x_max"] - box["x_min"]) * (box["y_max"] - box["y_min"])


async def test_the_most_similar_subject_of_each_face(service, enrolled, party, ann_again):
    assert enrolled
    result = (await service.call(RECOGNIZE, files=jpeg(party)))["result"]
    assert sorted(area(face) for face in result) == [area(face) for face in reversed(result)]
    assert [len(each) for each in names(result)] == [1, 1, 1]
    best = {face["subjects"][0]["subject"]: face["subjects"][0]["similarity"] for face in result}
    assert best["Ann"] > 0.95
    assert min(face["subjects"][0]["similarity"] for face in result) < 0.5
    for face in result:
        assert set(face) == {"box", "subjects"}
        assert all(each["similarity"] == round(each["similarity"], 5) for each in face["subjects"])
    same = await service.call(RECOGNIZE, json={"file": base64_of(party)})
    assert same["result"] == result
    [again] = (await service.call(RECOGNIZE, files=jpeg(ann_again)))["result"]
    assert again["subjects"][0]["subject"] == "Ann"


async def test_options(service, enrolled, party):
    assert enrolled
    params = {
        "limit": 2,
        "det_prob_threshold": 0.5,
        "prediction_count": 3,
        "face_plugins": "landmarks, calculator,pose,age,gender,mask,unknown",
        "status": "true",
        "unknown": "x",
    }
    answer = await service.call(RECOGNIZE, params=params, files=jpeg(party))
    assert set(answer["plugins_versions"]) == {"detector", "calculator"}
    assert len(answer["result"]) == 2
    for face in answer["result"]:
        assert set(face) == {"box", "landmarks", "pose", "embedding", "execution_time", "subjects"}
        assert len(face["landmarks"]) == 5
        assert len(face["embedding"]) == 128
        assert len(face["subjects"]) == 2
        assert set(face["pose"]) == {"pitch", "roll", "yaw"}
    largest = (await service.call(RECOGNIZE, params={"detect_faces": "false"}, files=jpeg(party)))["result"]
    assert [face["box"] for face in largest] == [answer["result"][0]["box"]]


@pytest.mark.parametrize("action", [RECOGNIZE, DETECT])
@pytest.mark.parametrize(
    ("code", "params"),
    [
        (26, {"limit": "-1"}),
        (36, {"limit": "x"}),
        (36, {"limit": "1.5"}),
        (36, {"limit": "9" * 30}),
        (26, {"limit": "9999999999"}),
        (26, {"det_prob_threshold": "2"}),
        (36, {"status": "perhaps"}),
        (26, {f"p{number}": "" for number in range(200)}),
    ],
)
async def test_values_that_are_refused(refusing, ann, action, code, params):
    assert await refusing.code(action, params=params, files=jpeg(ann)) == code


@pytest.mark.parametrize(("code", "count"), [(26, "0"), (26, "-1"), (36, "all")])
async def test_counts_that_are_refused(refusing, ann, code, count):
    assert await refusing.code(RECOGNIZE, params={"prediction_count": count}, files=jpeg(ann)) == code


async def test_the_first_of_several_values_counts(service, party):
    answer = await service.call(f"{DETECT}?limit=1&limit=2&limit=x", files=jpeg(party))
    assert len(answer["result"]) == 1
    assert len((await service.call(f"{DETECT}?limit=&status=", files=jpeg(party)))["result"]) == 3


@pytest.mark.parametrize("action", [RECOGNIZE, DETECT])
async def test_a_photograph_without_faces_is_refused(refusing, nobody, action):
    assert await refusing.code(action, files=jpeg(nobody)) == 28


async def test_nobody_is_named_by_a_face_that_nobody_could_recognize(service, enrolled, ann):
    assert enrolled
    blurred = io.BytesIO()
    face = Image.open(io.BytesIO(ann)).filter(ImageFilter.GaussianBlur(9))
    face.save(blurred, "JPEG")
    answer = await service.call(RECOGNIZE, params={"prediction_count": 5}, files=jpeg(blurred.getvalue()))
    assert names(answer["result"]) == [[]]
    verified = await service.call(f"POST recognition/faces/{enrolled['ann']}/verify", files=jpeg(blurred.getvalue()))
    assert [face["similarity"] for face in verified["result"]] == [0.0]
    assert await service.code("POST recognition/faces", params={"subject": "Ann"}, files=jpeg(blurred.getvalue())) == 28


async def test_a_photograph_of_a_subject_is_verified(service, enrolled, ann_again, party):
    action = f"POST recognition/faces/{enrolled['ann']}/verify"
    [face] = (await service.call(action, files=jpeg(ann_again)))["result"]
    assert face["subject"] == "Ann"
    assert face["similarity"] > 0.9
    similarities = sorted(face["similarity"] for face in (await service.call(action, files=jpeg(party)))["result"])
    assert similarities[-1] > 0.9
    assert similarities[-2] < 0.5
    for unknown in (uuid4(), "x"):
        assert await service.code(f"POST recognition/faces/{unknown}/verify", 404, files=jpeg(party)) == 44


async def test_embeddings(service, enrolled, ann, bob):
    faces = [
        (await service.call(DETECT, params={"face_plugins": "calculator"}, files=jpeg(photograph)))["result"][0]
        for photograph in (ann, bob)
    ]
    embeddings = [face["embedding"] for face in faces]
    answer = await service.call(
        "POST recognition/embeddings/recognize", params={"prediction_count": 2}, json={"embeddings": embeddings}
    )
    assert [each["embedding"] for each in answer["result"]] == embeddings
    assert [each["similarities"][0]["subject"] for each in answer["result"]] == ["Ann", "Bob"]
    assert [len(each["similarities"]) for each in answer["result"]] == [2, 2]
    path = f"POST recognition/embeddings/faces/{enrolled['ann']}/verify"
    first, second = (await service.call(path, json={"embeddings": embeddings}))["result"]
    assert first["similarity"] > 0.99
    assert second["similarity"] < 0.5
    pair = {"source": embeddings[0], "targets": embeddings}
    same = (await service.call("POST verification/embeddings/verify", json=pair))["result"]
    assert [each["similarity"] for each in same] == [
        pytest.approx(each["similarity"], abs=1e-3) for each in (first, second)
    ]


@pytest.mark.parametrize(
    ("code", "embeddings"),
    [
        (26, None),
        (26, []),
        (26, [["x"]]),
        (26, [[None]]),
        (26, 5),
        (37, [[1.0, 2.0]]),
        (37, [[]]),
        (37, [[0.0] * 128]),
        (37, [[1.0] * 128] * 101),
        (26, [[[1.0]]]),
    ],
)
async def test_embeddings_that_are_none(service, enrolled, code, embeddings):
    for path in ("embeddings/recognize", f"embeddings/faces/{enrolled['ann']}/verify"):
        assert await service.code(f"POST recognition/{path}", json={"embeddings": embeddings}) == code
    for pair in ({"source": [1.0] * 128, "targets": embeddings}, {"source": None, "targets": [[1.0] * 128]}):
        assert await service.code("POST verification/embeddings/verify", json=pair) in {26, 37}


async def test_two_photographs(service, ann, ann_again, party, nobody):
    files = jpeg(ann, "source_image") | jpeg(party, "target_image")
    answer = await service.call(VERIFY, files=files, params={"face_plugins": "landmarks", "limit": 2, "status": "true"})
    [result] = answer["result"]
    assert set(result) == {"source_image_face", "face_matches", "plugins_versions"}
    assert len(result["face_matches"]) == 2
    assert "landmarks" in result["source_image_face"]
    [result] = (await service.call(VERIFY, files=files))["result"]
    assert max(match["similarity"] for match in result["face_matches"]) > 0.9
    body = {"source_image": base64_of(ann), "target_image": base64_of(ann_again)}
    [[match]] = [each["face_matches"] for each in (await service.call(VERIFY, json=body))["result"]]
    assert match["similarity"] > 0.9
    several = jpeg(party, "source_image") | jpeg(ann, "target_image")
    assert await service.code(VERIFY, files=several) == 31
    for files in (
        jpeg(nobody, "source_image") | jpeg(ann, "target_image"),
        jpeg(ann, "source_image") | jpeg(nobody, "target_image"),
    ):
        assert await service.code(VERIFY, files=files) == 28
    assert await service.code(VERIFY, files=jpeg(ann, "source_image")) == 34


async def test_without_subjects_nobody_is_named(service, ann):
    assert names((await service.call(RECOGNIZE, files=jpeg(ann)))["result"]) == [[]]


async def test_what_a_key_may_do(new_service, ann):
    owner = await new_service()
    image = await owner.add("Ann", ann)
    guest = await new_service(owner.directory, frozenset({Scope.RECOGNIZE}))
    [face] = (await guest.call(RECOGNIZE, params={"prediction_count": 5}, files=jpeg(ann)))["result"]
    assert [each["subject"] for each in face["subjects"]] == ["Ann"]
    [verified] = (await guest.call(f"POST recognition/faces/{image}/verify", files=jpeg(ann)))["result"]
    assert "subject" not in verified
    assert await guest.code(DETECT, 403, params={"face_plugins": "calculator"}, files=jpeg(ann)) == 10
    for action in ("GET recognition/subjects", "DELETE recognition/subjects", f"GET recognition/faces/{image}/img"):
        assert await guest.code(action, 403) == 10


async def test_restricted_subjects_are_never_named(service, ann, keys_database):
    image = await service.add("Ann", ann)
    await keys_database.execute("UPDATE persons SET restricted = true WHERE directory = $1", service.directory)
    assert names((await service.call(RECOGNIZE, files=jpeg(ann)))["result"]) == [[]]
    assert await service.code(f"POST recognition/faces/{image}/verify", 404, files=jpeg(ann)) == 44
